//! Changes by plain forms, as a browser sends them before the page lives.

use reqwest::{Client, redirect::Policy};
use sqlx::{Connection, SqliteConnection};
use wsmon_model::{AuditQuery, Phase, Summary};

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor, cookie, location},
    name,
    upstream::{Manner, Upstream},
};

const DASHBOARD: &str = "/admin/websocket-monitor";

#[tokio::test]
async fn a_form_makes_the_same_change_and_the_page_it_leads_back_to_says_so_once() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let manager = &monitor.state.manager;
    let here = "/admin/websocket-monitor?q=feed&sort=-endpoint";

    let added = [("service", "default"), ("endpoint", "feed"), ("auto_reconnect", "on"), ("add", "")];
    assert_eq!(location(&admin.post_form(here, &added).await), here);
    assert_eq!(
        manager.get(&name("feed")).map(|feed| (feed.phase, feed.auto_reconnect)),
        Some((Phase::Connected, true))
    );
    let told = admin.get(here).await.text().await.expect("a page");
    assert!(told.contains("feed is connected."), "{told}");
    let again = admin.get(here).await.text().await.expect("a page");
    assert!(!again.contains("feed is connected."), "{again}");

    for (button, phase, auto_reconnect) in [
        ("disconnect", Phase::Off, true),
        ("auto-reconnect-off", Phase::Off, false),
        ("connect", Phase::Connected, false),
    ] {
        assert_eq!(location(&admin.post_form(DASHBOARD, &[(button, "feed")]).await), DASHBOARD);
        let now = manager.get(&name("feed")).map(|feed| (feed.phase, feed.auto_reconnect));
        assert_eq!(now, Some((phase, auto_reconnect)), "{button}");
    }
    let own_page = "/admin/websocket-monitor/feed";
    assert_eq!(location(&admin.post_form(own_page, &[("disconnect", "feed")]).await), own_page);
    assert_eq!(location(&admin.post_form(own_page, &[("remove", "feed")]).await), DASHBOARD, "its page is gone");
    assert_eq!(manager.summary(), Summary::default());

    let log = monitor.state.store.audit(&AuditQuery::default()).await.expect("readable");
    let actions: Vec<_> = log.rows.iter().rev().map(|entry| (entry.action.as_str(), entry.object.as_str())).collect();
    let of_feed = ["connect", "disconnect", "auto-reconnect-off", "connect", "disconnect", "remove"];
    assert_eq!(actions[1..], of_feed.map(|action| (action, "feed")));
}

#[tokio::test]
async fn a_form_that_asks_for_nothing_or_of_nobody_does_nothing() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    assert_eq!(admin.post_form(DASHBOARD, &[("q", "feed")]).await.status(), 400);
    assert_eq!(admin.post_form(DASHBOARD, &[("connect", &*"x".repeat(70_000))]).await.status(), 413);
    assert_eq!(admin.post_form("/admin/audit", &[("connect", "feed")]).await.status(), 405);
    let stranger = Visitor::new(&monitor).post_form(DASHBOARD, &[("connect", "feed")]).await;
    assert_eq!(location(&stranger), "/login?next=%2Fadmin%2Fwebsocket-monitor");
    let password = [("current", PASSWORD), ("new", "an intruder's password"), ("repeated", "an intruder's password")];
    let stranger = Visitor::new(&monitor).post_form("/admin/account", &password).await;
    assert_eq!(location(&stranger), "/login?next=%2Fadmin%2Faccount");
    assert_eq!(Visitor::new(&monitor).log_in("admin", PASSWORD, "").await.status(), 303, "the password is as it was");

    let bad = admin.post_form(DASHBOARD, &[("endpoint", "a b"), ("service", "default"), ("add", "")]).await;
    assert_eq!(location(&bad), DASHBOARD);
    let told = admin.get(DASHBOARD).await.text().await.expect("a page");
    assert!(told.contains("A space is not allowed"), "{told}");
    assert_eq!((monitor.state.manager.summary(), upstream.accepted()), (Summary::default(), 0));
}

#[tokio::test]
async fn no_other_site_gets_a_form_of_ours_to_do_anything() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    for path in [DASHBOARD, "/admin/websocket-monitor/feed", "/admin/account"] {
        for site in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:9")],
            &[("origin", "null")],
        ] {
            let mut request = client.post(format!("{}{path}", monitor.url)).header("cookie", &admin);
            for (name, value) in site {
                request = request.header(*name, *value);
            }
            let answer = request.form(&[("connect", "feed")]).send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{path} {site:?}");
        }
    }
    assert_eq!((monitor.state.manager.summary(), upstream.accepted()), (Summary::default(), 0));
}

#[tokio::test]
async fn what_cannot_be_loaded_is_not_said_to_be_empty() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let empty = "Nothing is written down that matches.";
    let page = admin.get("/admin/audit").await.text().await.expect("a page");
    assert!(!page.contains("The audit log could not be loaded.") && page.contains(empty), "{page}");
    let path = monitor.data_dir.path().join("monitor.sqlite");
    let mut store = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("opens");
    sqlx::query("ALTER TABLE audit RENAME TO lost").execute(&mut store).await.expect("broken");
    let page = admin.get("/admin/audit").await.text().await.expect("a page");
    assert!(page.contains("The audit log could not be loaded.") && !page.contains(empty), "{page}");
}
