//! What programs other than browsers ask: health, badges, and the number of a request.

use std::collections::BTreeSet;

use serde_json::json;
use wsmon_model::Phase;

use crate::support::{
    monitor::{Monitor, Visitor},
    name, soon,
    upstream::{Manner, Upstream, base_at, vacant},
};

#[tokio::test]
async fn health_and_readiness_answer_anybody() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let visitor = Visitor::new(&monitor);
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().await.expect("text"), text);
    }
}

#[tokio::test]
async fn not_ready_once_the_manager_has_stopped() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    monitor.state.manager.shutdown().await;
    let answer = Visitor::new(&monitor).get("/readyz").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.expect("text"), "not ready: the connection manager is shutting down\n");
    assert_eq!(Visitor::new(&monitor).get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn not_ready_while_the_store_cannot_be_written() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    monitor.state.store.close().await;
    let answer = Visitor::new(&monitor).get("/readyz").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.expect("text"), "not ready: the store cannot be written: it is closed\n");
}

#[tokio::test]
async fn a_badge_is_for_everybody_but_only_where_it_was_turned_on() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start_with(upstream.base(), |config| config.settings.badges = true).await;
    let feed = name("market/eu");
    let mut handle = monitor.state.manager.connect(&feed, None).await.expect("connects");
    assert_eq!(soon("connected", handle.settled()).await.phase, Phase::Connected);
    let visitor = Visitor::new(&monitor);
    let badge = visitor.get("/badge/market/eu.svg").await;
    assert_eq!(badge.headers()["content-type"], "image/svg+xml");
    assert!(badge.text().await.expect("text").contains("aria-label=\"market/eu: connected\""));
    for path in ["/badge/none.svg", "/badge/market/eu", "/badge/%3Cscript%3E.svg"] {
        assert_eq!(visitor.get(path).await.status(), 404, "{path}");
    }

    let without = Monitor::start(base_at(vacant().await)).await;
    without.state.manager.connect(&feed, None).await.expect("connects");
    assert_eq!(Visitor::new(&without).get("/badge/market/eu.svg").await.status(), 404);
}

#[tokio::test]
async fn every_request_has_a_number_and_a_fault_shows_it() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = Visitor::admin(&monitor).await;
    let mut numbers = BTreeSet::new();
    for path in ["/", "/login", "/healthz", "/nowhere"] {
        let answer = admin.get(path).await;
        let number = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!(number.len(), 16, "{path}");
        assert!(numbers.insert(number), "{path}");
    }
    let request = reqwest::Client::new().get(format!("{}/healthz", monitor.url)).header("x-request-id", "forged");
    let answer = request.send().await.expect("an answer");
    assert_ne!(answer.headers()["x-request-id"], "forged", "nobody chooses what stands in the log");
    monitor.state.store.close().await;
    let fault = admin.get("/admin").await;
    assert_eq!(fault.status(), 500);
    let number = fault.headers()["x-request-id"].to_str().expect("text").to_owned();
    assert!(fault.text().await.expect("text").contains(&format!("look for request {number}.")));
    let fault = admin.call("list_connections", json!({ "query": wsmon_model::ListQuery::default() })).await;
    assert_eq!(fault.headers()["x-request-id"].len(), 16);
}
