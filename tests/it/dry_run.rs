//! `Test` in the form that adds connections: a page that is sent step by step.

use crate::support::{
    monitor::{Monitor, Visitor, location},
    upstream::{Manner, Upstream},
};
use wsmon_model::{AuditQuery, Summary};

const TEST: &str = "/admin/test";

#[tokio::test]
async fn the_page_comes_step_by_step_and_nothing_is_kept_but_the_audit() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let form = [("service", "default"), ("endpoint", "feed"), ("auto_reconnect", "on")];
    let mut answer = admin.post_form(TEST, &form).await;
    assert_eq!(answer.status(), 200);
    // An upstream that only echoes sends nothing: what has happened by then is here long before the last step.
    let mut page = String::new();
    while !page.contains("Upgraded to WebSocket") {
        let piece = answer.chunk().await.expect("readable").expect("more to come");
        page.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(!page.contains("No message came"), "{page}");
    drop(answer);
    assert_eq!(monitor.state.manager.summary(), Summary::default());
    let log = monitor.state.store.audit(&AuditQuery::default()).await.expect("readable");
    assert_eq!((log.rows[0].action.as_str(), log.rows[0].object.as_str()), ("test", "feed"));
}

#[tokio::test]
async fn what_cannot_be_tested_is_said_on_the_dashboard() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let refused = admin.post_form(TEST, &[("endpoint", "../etc")]).await;
    assert_eq!(location(&refused), "/admin/websocket-monitor");
    let page = admin.get("/admin/websocket-monitor").await.text().await.expect("a page");
    assert!(page.contains("../etc was not tested."), "{page}");
}

#[tokio::test]
async fn a_failure_is_explained_and_not_offered_to_be_connected() {
    let upstream = Upstream::start(Manner::Refuse(403)).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let page = admin.post_form(TEST, &[("endpoint", "feed")]).await.text().await.expect("a page");
    assert!(page.contains("The upgrade to WebSocket failed"), "{page}");
    assert!(page.contains("403"), "{page}");
    assert!(!page.contains("name=\"add\""), "{page}");
}
