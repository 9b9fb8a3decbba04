//! Sessions begun or used while the clock was wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::{Connection, SqliteConnection};

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor, cookie},
    upstream::{base_at, vacant},
};

const MINUTE: i64 = 60 * 1_000;

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("small")
}

/// A monitor, somebody's session, and a way into the store.
async fn signed_in() -> (Monitor, String, SqliteConnection) {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let cookie = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let path = monitor.data_dir.path().join("monitor.sqlite");
    let store = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("opens");
    (monitor, cookie, store)
}

async fn is_let_in(monitor: &Monitor, cookie: &str) -> bool {
    Visitor::get_with_cookie(monitor, "/admin", cookie).await.status() == 200
}

#[tokio::test]
async fn a_session_that_began_in_the_future_is_over() {
    let (monitor, cookie, mut store) = signed_in().await;
    // Clocks differ by a little.
    let begun = sqlx::query("UPDATE session SET started_ms = ?").bind(now_ms() + MINUTE / 2);
    begun.execute(&mut store).await.expect("set");
    assert!(is_let_in(&monitor, &cookie).await);

    let begun = sqlx::query("UPDATE session SET started_ms = ?1, used_ms = ?1").bind(now_ms() + 60 * MINUTE);
    begun.execute(&mut store).await.expect("set");
    assert!(!is_let_in(&monitor, &cookie).await);
}

#[tokio::test]
async fn a_use_in_the_future_does_not_prolong_a_session() {
    let (monitor, cookie, mut store) = signed_in().await;
    let used = sqlx::query("UPDATE session SET used_ms = ?").bind(now_ms() + 60 * MINUTE);
    used.execute(&mut store).await.expect("set");
    assert!(is_let_in(&monitor, &cookie).await, "it has not run out");
    let used: i64 = sqlx::query_scalar("SELECT used_ms FROM session").fetch_one(&mut store).await.expect("a time");
    assert!(used <= now_ms(), "it counts from now on");
}
