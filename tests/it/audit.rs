//! The audit log: what really happened, by whom, from where.

use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use websocket_monitor::server::commands::{self, AdminCommand, Command};
use wsmon_store::AUDIT_KEPT;

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor},
    name, soon,
    upstream::{Manner, Upstream, base_at, vacant},
};

async fn log(admin: &Visitor, action: Option<&str>, search: &str, page: u32) -> Value {
    let query = json!({ "query": { "action": action, "search": search, "page": page } });
    admin.call("list_audit", query).await.json().await.expect("JSON")
}

fn told(entry: &Value) -> [&str; 4] {
    ["who", "action", "object", "outcome"].map(|field| entry[field].as_str().expect("text"))
}

#[tokio::test]
async fn everything_done_is_told_with_its_real_outcome() {
    let upstream = Upstream::start(Manner::Refuse(403)).await;
    let monitor = Monitor::start(upstream.base()).await;
    Visitor::new(&monitor).log_in("intruder\r\nadmin", "wrong", "").await;
    let admin = Visitor::admin(&monitor).await;
    for (function, arguments) in [
        ("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } })),
        ("change_connection", json!({ "endpoint": "../feed\u{202e}", "kind": { "Connect": true } })),
        ("change_connection", json!({ "endpoint": "feed", "kind": { "AutoReconnect": false } })),
        ("change_connection", json!({ "endpoint": "feed", "kind": "Disconnect" })),
        ("change_connection", json!({ "endpoint": "feed", "kind": "Remove" })),
        ("change_connection", json!({ "endpoint": "feed", "kind": "Remove" })),
    ] {
        admin.call(function, arguments).await;
    }
    admin.change_password("wrong", "long enough").await;
    let command = Command::Admin(AdminCommand::Add { name: "second".to_owned(), password_stdin: false });
    commands::run(monitor.data_dir.path(), command.clone()).await.expect("added");
    commands::run(monitor.data_dir.path(), command).await.expect_err("the name is taken");

    let page = log(&admin, None, "", 0).await;
    let rows = page["rows"].as_array().expect("a list");
    let expected = [
        ["command line", "add-administrator", "second", "refused"],
        ["command line", "add-administrator", "second", "done"],
        ["admin", "change-password", "", "refused"],
        ["admin", "remove", "feed", "refused"],
        ["admin", "remove", "feed", "done"],
        ["admin", "disconnect", "feed", "done"],
        ["admin", "auto-reconnect-off", "feed", "done"],
        ["admin", "connect", "../feed\u{fffd}", "refused"],
        ["admin", "connect", "feed", "failed"],
        ["admin", "log-in", "", "done"],
        ["intruder\u{fffd}\u{fffd}admin", "log-in", "", "refused"],
    ];
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(rows[8]["detail"].as_str().expect("text").contains("HTTP 403"));
    assert!(rows[2..].iter().all(|row| row["address"] == "127.0.0.1"));
    let times: Vec<i64> = rows.iter().map(|row| row["at_ms"].as_i64().expect("a time")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older));

    assert_eq!(log(&admin, Some("log-in"), "", 0).await["matching"], 2);
    assert_eq!(log(&admin, None, "INTRUDER", 0).await["matching"], 1);
    assert_eq!(log(&admin, None, "%", 0).await["matching"], 0, "a search is no pattern");
}

#[tokio::test]
async fn who_leaves_before_the_answer_is_written_down_all_the_same() {
    let upstream = Upstream::start(Manner::Mute).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let feed = name("feed");
    {
        let mut connecting =
            Box::pin(admin.call("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } })));
        let begun = async {
            while monitor.state.manager.get(&feed).is_none() {
                tokio::task::yield_now().await;
            }
        };
        // The request is dropped, and its connection with it, once the attempt has begun.
        tokio::select! {
            _ = &mut connecting => panic!("the upstream never answers"),
            () = soon("the attempt", begun) => {}
        }
    }
    // A round trip on another connection, for the server to notice that the first is gone.
    log(&admin, None, "", 0).await;
    monitor.state.manager.disconnect(&feed).await.expect("the endpoint is there");
    let outcome = async { while log(&admin, Some("connect"), "feed", 0).await["rows"][0]["outcome"] == "under-way" {} };
    soon("the outcome", outcome).await;
    assert_eq!(told(&log(&admin, Some("connect"), "", 0).await["rows"][0]), ["admin", "connect", "feed", "failed"]);
}

#[tokio::test]
async fn what_is_under_way_is_told_as_that_and_then_in_the_same_entry_with_its_outcome() {
    let upstream = Upstream::start(Manner::Mute).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let feed = name("feed");
    let connecting = admin.call("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } }));
    let watching = async {
        let begun = async {
            while monitor.state.manager.get(&feed).is_none() {
                tokio::task::yield_now().await;
            }
        };
        soon("the attempt", begun).await;
        let page = log(&admin, Some("connect"), "", 0).await;
        let rendered = admin.get("/admin/audit?action=connect").await.text().await.expect("a page");
        monitor.state.manager.disconnect(&feed).await.expect("the endpoint is there");
        (page, rendered)
    };
    let (answer, (page, rendered)) = tokio::join!(connecting, watching);
    assert_eq!(answer.status(), 200);
    assert_eq!(told(&page["rows"][0]), ["admin", "connect", "feed", "under-way"]);
    assert!(rendered.contains("Under way"), "{rendered}");
    let ended = log(&admin, Some("connect"), "", 0).await;
    assert_eq!(ended["matching"], 1);
    assert_eq!(told(&ended["rows"][0]), ["admin", "connect", "feed", "failed"]);
    assert_eq!(ended["rows"][0]["at_ms"], page["rows"][0]["at_ms"]);
}

#[tokio::test]
async fn what_a_shutdown_cuts_short_is_written_down_as_what_it_was() {
    let upstream = Upstream::start(Manner::Mute).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let feed = name("feed");
    let connecting = admin.call("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } }));
    let stopping = async {
        let begun = async {
            while monitor.state.manager.get(&feed).is_none() {
                tokio::task::yield_now().await;
            }
        };
        soon("the attempt", begun).await;
        monitor.restart(|_| {}).await
    };
    let (answer, monitor) = tokio::join!(connecting, stopping);
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<Value>().await.expect("JSON"), "interrupted");
    assert!(monitor.state.manager.get(&feed).is_some(), "it is kept");
    let admin = Visitor::admin(&monitor).await;
    let page = log(&admin, Some("connect"), "", 0).await;
    assert_eq!(told(&page["rows"][0]), ["admin", "connect", "feed", "failed"]);
    let detail = page["rows"][0]["detail"].as_str().expect("text");
    assert_eq!(detail, "The monitor is shutting down. The connection is kept, and is made at the next start.");
}

#[tokio::test]
async fn who_leaves_just_before_a_shutdown_is_written_down_all_the_same() {
    let upstream = Upstream::start(Manner::Mute).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let feed = name("feed");
    {
        let mut connecting =
            Box::pin(admin.call("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } })));
        let begun = async {
            while monitor.state.manager.get(&feed).is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut connecting => panic!("the upstream never answers"),
            () = soon("the attempt", begun) => {}
        }
    }
    let monitor = monitor.restart(|_| {}).await;
    let page = log(&Visitor::admin(&monitor).await, Some("connect"), "", 0).await;
    assert_eq!(page["matching"], 1);
    assert_eq!(told(&page["rows"][0]), ["admin", "connect", "feed", "failed"]);
}

#[tokio::test]
async fn guessing_does_not_wash_the_log_away() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = Visitor::admin(&monitor).await;
    for _ in 0..20 {
        Visitor::new(&monitor).log_in("admin", "wrong", "").await;
    }
    let page = log(&admin, Some("log-in"), "", 0).await;
    assert_eq!(page["matching"], 7, "one login, five wrong passwords, and once that there are too many");
    assert!(page["rows"][0]["detail"].as_str().expect("text").contains("too many"));
}

#[tokio::test]
async fn the_last_hundred_thousand_are_kept_and_paged() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let path = monitor.data_dir.path().join("monitor.sqlite");
    let mut store = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("opens");
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
                INSERT INTO audit SELECT i, i, 'old', '', 'connect', 'feed', 'done', '', NULL FROM n";
    sqlx::query(fill).execute(&mut store).await.expect("filled");

    let admin = Visitor::admin(&monitor).await;
    let page = log(&admin, None, "", 0).await;
    assert_eq!(page["matching"].as_i64(), Some(AUDIT_KEPT));
    assert_eq!(told(&page["rows"][0]), ["admin", "log-in", "", "done"]);
    let last = log(&admin, None, "", 9_999).await;
    assert_eq!(last["page"], 1_999);
    assert_eq!(last["rows"].as_array().expect("a list").last().expect("one")["at_ms"], 2, "the oldest has gone");
}

#[tokio::test]
async fn the_page_needs_a_session_and_shows_the_log() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    assert_eq!(Visitor::new(&monitor).get("/admin/audit").await.status(), 303);
    let admin = Visitor::new(&monitor);
    admin.log_in("admin", PASSWORD, "").await;
    let page = admin.get("/admin/audit").await.text().await.expect("a page");
    assert!(page.contains("data-action=\"log-in\"") && page.contains("127.0.0.1"));
}
