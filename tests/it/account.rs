//! An administrator's own password and sessions.

use serde_json::{Value, json};

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor, cookie},
    upstream::{base_at, vacant},
};

const NEW: &str = "another horse, another battery";

async fn sessions(visitor: &Visitor) -> Vec<Value> {
    let account: Value = visitor.call("load_account", json!({})).await.json().await.expect("JSON");
    assert_eq!(account["name"], "admin");
    account["sessions"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn another_password_ends_every_session_but_the_one_that_set_it() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let other = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let visitor = Visitor::new(&monitor);
    let before = cookie(&visitor.log_in("admin", PASSWORD, "").await);

    for (current, new, told) in
        [("wrong", NEW, "The current password is wrong."), (PASSWORD, "short", "The new password needs at least")]
    {
        let (_, page) = visitor.change_password(current, new).await;
        assert!(page.contains(told), "{page}");
    }
    assert_eq!(Visitor::get_with_cookie(&monitor, "/admin", &other).await.status(), 200, "nothing has changed");

    let (changed, page) = visitor.change_password(PASSWORD, NEW).await;
    assert!(page.contains("The password is changed"), "{page}");
    let after = cookie(&changed);
    assert_ne!(after, before, "a new id");
    for (cookie, status) in [(&other, 303), (&before, 303), (&after, 200)] {
        assert_eq!(Visitor::get_with_cookie(&monitor, "/admin", cookie).await.status(), status);
    }
    assert_eq!(Visitor::new(&monitor).log_in("admin", PASSWORD, "").await.status(), 401);
    assert_eq!(Visitor::new(&monitor).log_in("admin", NEW, "").await.status(), 303);
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let other = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let visitor = Visitor::admin(&monitor).await;
    let listed = sessions(&visitor).await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|session| session["address"] == "127.0.0.1"));
    let (own, others): (Vec<&Value>, Vec<&Value>) = listed.iter().partition(|session| session["current"] == true);
    assert_eq!((own.len(), others.len()), (1, 1));

    let key = others[0]["key"].as_str().expect("a key");
    assert!(!other.contains(key), "the key is not the id");
    let (_, page) = visitor.change_account(&[("end-session", key)]).await;
    assert!(page.contains("The session has ended."), "{page}");
    assert_eq!(Visitor::get_with_cookie(&monitor, "/admin", &other).await.status(), 303);
    let (_, page) = visitor.change_account(&[("end-session", key)]).await;
    assert!(page.contains("That session has already ended."), "once only: {page}");
    assert_eq!(sessions(&visitor).await.len(), 1);
}
