//! Pages, signing in and server functions, over HTTP.

use serde_json::{Value, json};
use wsmon_model::Summary;

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor, location},
    name, soon,
    upstream::{Manner, Upstream},
};

/// Every server function with arguments that would do something.
pub fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("list_connections", json!({ "query": query() })),
        ("load_summary", json!({})),
        ("change_connection", json!({ "endpoint": "intruder", "kind": { "Connect": true } })),
        ("change_connection", json!({ "endpoint": "data-feed", "kind": "Disconnect" })),
        ("change_connection", json!({ "endpoint": "data-feed", "kind": "Remove" })),
        ("change_connection", json!({ "endpoint": "data-feed", "kind": { "AutoReconnect": false } })),
        ("change_connection", json!({ "endpoint": "data-feed", "kind": "Pause" })),
        ("change_connection", json!({ "endpoint": "data-feed", "kind": "Resume" })),
        ("preview_bulk", json!({ "selection": { "ids": ["data-feed"] }, "action": "remove" })),
        ("step_bulk", json!({ "id": 1, "step": "Start" })),
        ("step_bulk", json!({ "id": 1, "step": { "Progress": 0 } })),
        ("step_bulk", json!({ "id": 1, "step": "Undo" })),
        ("load_endpoint", json!({ "endpoint": "data-feed" })),
        ("load_availability", json!({ "endpoint": "data-feed" })),
        ("load_options", json!({ "endpoint": "data-feed" })),
        ("load_guide", json!({ "page": "profiles" })),
        ("list_audit", json!({ "query": { "action": null, "search": "", "page": 0 } })),
        ("load_account", json!({})),
    ]
}

fn query() -> Value {
    json!({ "search": "", "status": null, "sort": { "key": "endpoint", "reversed": false }, "page": 0 })
}

#[tokio::test]
async fn without_a_session_pages_lead_to_the_login_and_back() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let visitor = Visitor::new(&monitor);
    assert_eq!(location(&visitor.get("/").await), "/admin");
    assert_eq!(location(&visitor.get("/admin").await), "/login?next=%2Fadmin");
    let wanted = "/admin/websocket-monitor?status=connected&q=a";
    let login = visitor.get(wanted).await;
    assert_eq!(location(&login), "/login?next=%2Fadmin%2Fwebsocket-monitor%3Fstatus%3Dconnected%26q%3Da");
    assert_eq!(visitor.get("/login").await.status(), 200);

    for (username, password) in [("admin", "wrong"), ("stranger", PASSWORD)] {
        let wrong = visitor.log_in(username, password, wanted).await;
        assert_eq!(wrong.status(), 401);
        let page = wrong.text().await.expect("a page");
        assert!(page.contains("The user name or the password is wrong."), "{page}");
        assert_eq!(location(&visitor.get("/admin").await), "/login?next=%2Fadmin", "still outside");
    }

    let right = visitor.log_in("admin", PASSWORD, wanted).await;
    assert_eq!(location(&right), wanted);
    let page = visitor.get(wanted).await.text().await.expect("a page");
    assert!(page.contains("Connection Summary") && page.contains("data-summary=\"total\""));

    assert_eq!(location(&visitor.post_form("/logout", &[]).await), "/login");
    assert_eq!(location(&visitor.get("/admin").await), "/login?next=%2Fadmin");
}

#[tokio::test]
async fn a_login_leads_nowhere_but_to_this_site() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", ""] {
        let response = Visitor::new(&monitor).log_in("admin", PASSWORD, next).await;
        assert_eq!(location(&response), "/admin", "{next}");
    }
}

#[test]
fn no_server_function_is_left_out() {
    let mut registered: Vec<String> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/api/").to_owned())
        .collect();
    let mut tested: Vec<String> = calls().into_iter().map(|(function, _)| function.to_owned()).collect();
    registered.sort();
    tested.sort();
    tested.dedup();
    assert_eq!(tested, registered);
}

#[tokio::test]
async fn without_a_session_no_server_function_does_anything() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let feed = name("data-feed");
    let manager = &monitor.state.manager;
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    upstream.wait_live(1).await;
    let before = manager.get(&feed);

    let visitor = Visitor::new(&monitor);
    for (function, arguments) in calls() {
        let response = visitor.call(function, arguments).await;
        assert_eq!(response.status(), 401, "{function}");
        assert_eq!(response.json::<Value>().await.expect("JSON"), json!("unauthenticated"), "{function}");
    }
    assert_eq!(manager.get(&feed), before);
    assert_eq!((manager.summary().total, upstream.accepted()), (1, 1));
}

#[tokio::test]
async fn an_administrator_lists_connects_and_removes() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;

    let arguments = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    let connected: Value = admin.call("change_connection", arguments).await.json().await.expect("JSON");
    assert_eq!(connected["phase"], "connected");
    let list: Value = admin.call("list_connections", json!({ "query": query() })).await.json().await.expect("JSON");
    let list = &list["changed"];
    assert_eq!(list["summary"], json!({ "total": 1, "connected": 1, "connecting": 0, "disconnected": 0 }));
    assert_eq!(list["rows"][0]["url"], format!("{}data-feed", upstream.base()));

    let removed = admin.call("change_connection", json!({ "endpoint": "data-feed", "kind": "Remove" })).await;
    assert_eq!(removed.status(), 200);
    let again = admin.call("change_connection", json!({ "endpoint": "data-feed", "kind": "Remove" })).await;
    assert_eq!(again.status(), 404);
    assert_eq!(monitor.state.manager.summary(), Summary::default());
}

#[tokio::test]
async fn pages_say_for_machines_where_and_why_a_connection_failed() {
    let upstream = Upstream::start(Manner::Refuse(403)).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    admin.call("change_connection", json!({ "endpoint": "data-feed", "kind": { "Connect": true } })).await;
    for path in ["/admin/websocket-monitor", "/admin/websocket-monitor/data-feed"] {
        let page = admin.get(path).await.text().await.expect("a page");
        let sentence = "The server answered HTTP 403 Forbidden";
        let told = page.split(sentence).next().and_then(|before| before.rsplit('<').next());
        let told = told.unwrap_or_else(|| panic!("{path} says nothing of it"));
        assert!(told.contains("data-cause=\"http_status\" data-layer=\"http\""), "{path}: {told}");
    }
}

#[tokio::test]
async fn a_bad_name_is_refused_with_a_sentence_and_no_connection() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let long = "x".repeat(129);
    for bad in ["", &long, "a b", "..", "//host", "ws://evil", "%2e%2e", "a\u{7}", "a\u{202e}b"] {
        let response = admin.call("change_connection", json!({ "endpoint": bad, "kind": { "Connect": true } })).await;
        assert_eq!(response.status(), 400, "{bad:?}");
        let answer: Value = response.json().await.expect("JSON");
        let sentence = answer["invalid"].as_str().expect("a sentence");
        assert!(sentence.ends_with('.'), "{sentence}");
    }
    assert_eq!((monitor.state.manager.summary(), upstream.accepted()), (Summary::default(), 0));
}

#[tokio::test]
async fn where_there_is_no_page_it_says_so() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let response = Visitor::new(&monitor).get("/no/such/page").await;
    assert_eq!(response.status(), 404);
    assert!(response.text().await.expect("a page").contains("There is no such page"));
}

#[tokio::test]
async fn stopping_closes_every_connection() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = monitor.state.manager.clone();
    soon("connected", manager.connect(&name("data-feed"), None).await.expect("connects").settled()).await;
    upstream.wait_live(1).await;
    soon("stopped", monitor.stop()).await;
    assert_eq!(soon("a close frame", upstream.codes.recv()).await, Ok(Some(1001)));
    upstream.wait_live(0).await;
}
