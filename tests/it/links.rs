//! What a link from another site may do to somebody who is signed in: show a page, and nothing else.

use std::collections::BTreeMap;

use reqwest::{Client, Method, redirect::Policy};
use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use websocket_monitor::server::AppState;

use crate::{
    pages::calls,
    support::{
        monitor::{Monitor, PASSWORD, Visitor, cookie},
        name, soon,
        upstream::{Manner, Upstream},
    },
};

/// Every row of every table that people change.
async fn stored(monitor: &Monitor) -> BTreeMap<&'static str, Vec<String>> {
    let options = SqliteConnectOptions::new().filename(monitor.data_dir.path().join("monitor.sqlite")).read_only(true);
    let mut store = SqliteConnection::connect_with(&options).await.expect("opens");
    let mut tables = BTreeMap::new();
    for (table, query) in [
        ("administrator", "SELECT name || password_hash FROM administrator"),
        ("session", "SELECT hex(id_sha256) || administrator || started_ms FROM session"),
        ("audit", "SELECT id || who || action || object || outcome FROM audit"),
        ("connection", "SELECT endpoint || is_on || auto_reconnect || options FROM connection"),
    ] {
        let rows = sqlx::query(query).fetch_all(&mut store).await.expect("read");
        tables.insert(table, rows.iter().map(|row| row.get(0)).collect());
    }
    tables
}

fn names(state: &AppState) -> u32 {
    state.manager.summary().total
}

#[test]
fn no_server_function_answers_a_get() {
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
    }
}

#[tokio::test]
async fn a_link_shows_the_page_and_no_get_changes_anything() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start_with(upstream.base(), |config| config.settings.badges = true).await;
    let feed = name("data-feed");
    soon("connected", monitor.state.manager.connect(&feed, None).await.expect("connects").settled()).await;
    upstream.wait_live(1).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let (before, names_before) = (stored(&monitor).await, names(&monitor.state));
    assert_eq!(before["connection"].len(), 1, "{before:?}");

    let pages = [
        "/admin",
        "/admin/websocket-monitor?q=data-feed&status=disconnected",
        "/admin/websocket-monitor/data-feed",
        "/admin/websocket-monitor/data-feed/gaps.csv",
        "/admin/audit",
        "/admin/account",
        "/docs/monitoring/overview",
        "/login?next=/admin",
        "/healthz",
        "/readyz",
        "/metrics",
        "/badge/data-feed.svg",
    ];
    let query = "endpoint=data-feed&auto_reconnect=false&enabled=false&username=admin&password=x&key=x&action=remove";
    let others = calls().into_iter().map(|(function, _)| format!("/api/{function}?{query}"));
    let others = others.chain(
        ["/logout", "/", "/no/such/page", "/admin/websocket-monitor/intruder"].map(|path| format!("{path}?{query}")),
    );
    for path in pages.into_iter().map(str::to_owned).chain(others) {
        for method in [Method::GET, Method::HEAD] {
            let link = client.request(method.clone(), format!("{}{path}", monitor.url)).header("cookie", &admin);
            let link = link.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
            let answer = link.body(json!({ "endpoint": "data-feed" }).to_string()).send().await.expect("an answer");
            if pages.contains(&&*path) {
                assert_eq!(answer.status(), 200, "{method} {path}");
            }
            assert!(!answer.headers().contains_key("set-cookie"), "{method} {path}");
        }
    }
    assert_eq!(stored(&monitor).await, before);
    assert_eq!((names(&monitor.state), upstream.accepted()), (names_before, 1));
    assert_eq!(Visitor::get_with_cookie(&monitor, "/admin", &admin).await.status(), 200, "still signed in");
}
