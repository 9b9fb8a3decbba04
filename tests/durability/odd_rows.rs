//! Rows of the store that this version cannot use: they hold up nothing but themselves, and are kept.

use std::path::Path;

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use wsmon_model::{Cause, Connection, Phase};

use crate::{
    STORE,
    common::soon,
    program::{Admin, Program},
    upstream::Upstream,
};

/// Options with one that a newer version may know.
const UNKNOWN: &str = r#"{"compression":"deflate","bearer_token":"t0ken"}"#;

/// Options that were valid once.
const INVALID: &str = r#"{"ping_interval_ms":1}"#;

async fn open(data_dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data_dir.join(STORE));
    SqliteConnection::connect_with(&options).await.expect("opens")
}

async fn options(data_dir: &Path, endpoint: &str) -> String {
    let mut store = open(data_dir).await;
    let query = sqlx::query_scalar("SELECT options FROM connection WHERE endpoint = ?");
    let options = query.bind(endpoint).fetch_one(&mut store).await.expect("a row");
    store.close().await.expect("closes");
    options
}

/// A connection, once its first attempt has ended.
async fn settled(admin: &Admin, program: &Program, endpoint: &str) -> Connection {
    soon("the end of an attempt", async {
        loop {
            let rows = admin.list(program).await.rows;
            let row = rows.into_iter().find(|row| row.endpoint.name.as_str() == endpoint).expect("it is listed");
            if row.phase == Phase::Connected || row.cause.is_some() {
                return row;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn options_that_cannot_be_used_block_their_connection_alone_and_are_kept() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let program = Program::start(&upstream.base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    for endpoint in ["good", "invalid", "unknown", "no-json"] {
        admin.connect(&program, endpoint, true).await;
    }
    assert!(program.terminate().await.success());
    let mut store = open(data_dir.path()).await;
    for (endpoint, options) in [("unknown", UNKNOWN), ("invalid", INVALID), ("no-json", "{")] {
        let update = sqlx::query("UPDATE connection SET options = ? WHERE endpoint = ?").bind(options).bind(endpoint);
        assert_eq!(update.execute(&mut store).await.expect("done").rows_affected(), 1);
    }
    sqlx::query("INSERT INTO connection VALUES ('default', 'no name', 1, 1, '{}')")
        .execute(&mut store)
        .await
        .expect("done");
    store.close().await.expect("closes");

    let program = Program::start(&upstream.base_url, data_dir.path());
    assert_eq!(settled(&admin, &program, "good").await.phase, Phase::Connected);
    for (endpoint, words) in [("unknown", "“compression”"), ("invalid", "100 ms"), ("no-json", "not JSON")] {
        let row = settled(&admin, &program, endpoint).await;
        assert_eq!((row.phase, row.cause), (Phase::Blocked, Some(Cause::InvalidOptions)), "{endpoint}");
        let text = row.cause_text.expect("a sentence");
        assert!(text.contains(words) && !text.contains("t0ken"), "{text}");
    }
    assert_eq!(admin.list(&program).await.rows.len(), 4, "and not the row without a name that can be used");

    // Other changes leave them alone.
    admin
        .done(&program, "change_connection", json!({ "endpoint": "unknown", "kind": { "AutoReconnect": true } }))
        .await;
    admin.connect(&program, "invalid", true).await;
    assert_eq!(options(data_dir.path(), "unknown").await, UNKNOWN);
    assert_eq!(options(data_dir.path(), "invalid").await, INVALID);
    assert_eq!(options(data_dir.path(), "no name").await, "{}");

    // Saved by an administrator they are replaced; what could be read of them stays.
    let given = json!({ "bearer_token": "••••••" });
    admin.save_options(&program, "unknown", &given).await;
    assert_eq!(settled(&admin, &program, "unknown").await.phase, Phase::Connected);
    let saved: Value = serde_json::from_str(&options(data_dir.path(), "unknown").await).expect("JSON");
    assert_eq!((&saved["bearer_token"], &saved["compression"]), (&json!("t0ken"), &Value::Null));
    // Plain ones too, which are what stands in for those that cannot be used.
    admin.save_options(&program, "no-json", &json!({})).await;
    assert_eq!(settled(&admin, &program, "no-json").await.phase, Phase::Connected);
    assert!(program.terminate().await.success());
}
