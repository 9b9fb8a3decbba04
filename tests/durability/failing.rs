//! A store that fails for another reason than a full disk.

use std::{path::Path, time::Duration};

use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::interval;
use wsmon_model::Phase;

use crate::{
    STORE,
    common::soon,
    program::{Admin, PASSWORD, Program},
    upstream::vacant,
};

/// Makes writes to the store fail, or no longer.
async fn execute(data_dir: &Path, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(data_dir.join(STORE));
    let mut store = SqliteConnection::connect_with(&options).await.expect("opens");
    sqlx::query(statement).execute(&mut store).await.expect("executed");
    store.close().await.expect("closes");
}

async fn wait_for(admin: &Admin, program: &Program, path: &str, line: &str) {
    soon(line, async {
        let mut looks = interval(Duration::from_millis(100));
        while !admin.get(program, path).await.text().await.expect("text").lines().any(|found| found == line) {
            looks.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_failed_write_does_not_count_for_ever() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let program = Program::start(&vacant().await, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    execute(
        data_dir.path(),
        "CREATE TRIGGER refuse BEFORE INSERT ON connection BEGIN SELECT RAISE(ABORT, 'no such luck'); END",
    )
    .await;
    let connect = json!({ "endpoint": "feed", "kind": { "Connect": true } });
    let answer = admin.call(&program.url, "change_connection", &connect).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    // Nothing else is written from now on.
    wait_for(&admin, &program, "/metrics", "wsmon_store_writable 1").await;
    assert!(program.terminate().await.success());
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_done() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let program = Program::start(&vacant().await, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    admin.connect(&program, "kept", true).await;
    execute(
        data_dir.path(),
        "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no such luck'); END",
    )
    .await;
    for (function, arguments) in [
        ("change_connection", json!({ "endpoint": "too-late", "kind": { "Connect": true } })),
        ("change_connection", json!({ "endpoint": "kept", "kind": "Disconnect" })),
        ("change_connection", json!({ "endpoint": "kept", "kind": "Remove" })),
    ] {
        let answer = admin.call(&program.url, function, &arguments).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{function}");
    }
    let form = ["current", "new", "repeated"]
        .map(|field| (field, if field == "current" { PASSWORD } else { "another horse, another battery" }));
    let changed = admin.0.post(format!("{}/admin/account", program.url)).form(&form).send().await.expect("an answer");
    assert!(changed.headers().get_all("set-cookie").iter().count() == 1, "what came of it, and no other session");
    let rows = admin.list(&program).await.rows;
    let names: Vec<_> = rows.iter().map(|row| row.endpoint.to_string()).collect();
    assert_eq!(names, ["kept"]);
    assert_ne!(rows[0].phase, Phase::Off);
    execute(data_dir.path(), "DROP TRIGGER refuse").await;
    assert!(program.terminate().await.success());
}

#[tokio::test]
async fn a_store_that_goes_on_failing_says_why_and_passes_by_itself() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let program = Program::start(&vacant().await, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    execute(
        data_dir.path(),
        "CREATE TRIGGER refuse BEFORE UPDATE ON last_check BEGIN SELECT RAISE(ABORT, 'no such luck'); END",
    )
    .await;
    wait_for(&admin, &program, "/readyz", "not ready: the store cannot be written: no such luck").await;
    wait_for(&admin, &program, "/metrics", "wsmon_store_writable 0").await;
    let list = admin.list(&program).await;
    assert!(!list.disk_full, "it is not the disk");
    execute(data_dir.path(), "DROP TRIGGER refuse").await;
    wait_for(&admin, &program, "/metrics", "wsmon_store_writable 1").await;
    assert!(program.terminate().await.success());
}
