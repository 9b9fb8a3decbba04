//! Too few file descriptors: what is up stays up, pages and the store go on working, and nobody blames the host.

use std::process::Command;

use reqwest::{Client, StatusCode};
use serde_json::json;
use wsmon_model::{Cause, Connection, Phase};

use crate::{
    program::{Admin, Program},
    upstream::{Heard, Upstream},
};

/// The limit on open files, and how many endpoints there are.
const LIMIT: u32 = 64;
const ENDPOINTS: u32 = 200;

/// The program with few descriptors, soft and hard.
fn start(base_url: &str, data_dir: &std::path::Path) -> Program {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {LIMIT}; exec \"$0\" \"$@\"")]).arg(crate::program_file());
    Program::start_as(command, base_url, data_dir)
}

/// What somebody reads who opens a connection of their own for it.
async fn fresh(program: &Program, path: &str) -> (StatusCode, String) {
    let client = Client::builder().pool_max_idle_per_host(0).build().expect("a client");
    let answer = client.get(format!("{}{path}", program.url)).send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("text"))
}

async fn up(admin: &Admin, program: &Program) -> u32 {
    admin.list(program).await.summary.connected
}

/// What holds however few descriptors there are.
async fn assert_alive(program: &Program, admin: &Admin) {
    let (status, reason) = fresh(program, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{reason}");
    assert!(reason.contains("connections that cannot be up: ") && reason.contains("Raise the limit"), "{reason}");
    assert_eq!(fresh(program, "/healthz").await.0, StatusCode::OK);
    let (_, metrics) = fresh(program, "/metrics").await;
    assert!(metrics.contains("\nwsmon_host_failing{service=\"default\"} 0.0\n"), "{metrics}");
    assert!(metrics.contains("\nwsmon_store_writable 1\n"));
    for page in ["/admin/websocket-monitor", "/admin/audit", "/admin/account"] {
        assert_eq!(admin.get(program, page).await.status(), StatusCode::OK, "{page}");
    }
    // Somebody new can come in, and a change is kept.
    let other = Admin::sign_in(program).await;
    other.done(program, "change_connection", json!({ "endpoint": "feed-0", "kind": { "AutoReconnect": true } })).await;
}

#[tokio::test]
async fn without_descriptors_the_host_is_not_blamed_and_all_else_works() {
    let mut upstream = Upstream::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let program = start(&upstream.base_url, directory.path());
    let admin = Admin::sign_in(&program).await;
    let mut held = 0;
    for number in 0..ENDPOINTS {
        let Connection { phase, cause, cause_text, .. } =
            admin.connect(&program, &format!("feed-{number}"), true).await;
        if phase == Phase::Connected {
            held += 1;
            continue;
        }
        assert_eq!((phase, cause), (Phase::Waiting, Some(Cause::LocalResources)), "{cause_text:?}");
        assert!(cause_text.expect("a sentence").starts_with("The monitor's limit on open files leaves room for "));
    }
    assert!((8..LIMIT).contains(&held), "{held}");
    assert_alive(&program, &admin).await;
    assert_eq!(up(&admin, &program).await, held);

    // A place that is given back is taken by another.
    admin.done(&program, "change_connection", json!({ "endpoint": "feed-0", "kind": "Disconnect" })).await;
    let mut opened = 0;
    while opened <= held {
        opened += u32::from(matches!(upstream.hear().await, Heard::Upgrade(..)));
    }
    assert!(program.terminate().await.success());

    // After a start the log says it before anybody asks.
    let program = start(&upstream.base_url, directory.path());
    assert!(
        program.log_before_listening.contains("leaves no room for every connection"),
        "{}",
        program.log_before_listening
    );
    while opened <= held + held {
        opened += u32::from(matches!(upstream.hear().await, Heard::Upgrade(..)));
    }
    let admin = Admin::sign_in(&program).await;
    assert_alive(&program, &admin).await;
    assert_eq!(up(&admin, &program).await, held);
    assert!(program.terminate().await.success());
}
