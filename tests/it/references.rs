//! Which files and variables an administrator may name as secrets.

use std::{fs, os::unix::fs::symlink, process::Command};

use serde_json::{Value, json};
use wsmon_model::Cause;

use crate::support::{
    monitor::{Monitor, Visitor},
    soon,
    upstream::{Manner, Upstream},
};

/// What stands in a file that nobody may read.
const OUTSIDE: &str = "c4n4ry-outside";

/// Options that name a secret, for each field that can.
fn naming(text: &str) -> [(&'static str, Value); 6] {
    [
        ("bearer_token", json!({ "bearer_token": text })),
        ("basic_auth", json!({ "basic_auth": text })),
        ("headers", json!({ "headers": [{ "name": "X-Key", "value": text }] })),
        ("query", json!({ "query": text })),
        ("opening", json!({ "opening": format!("> ${{secret:{text}}}\n< ok") })),
        ("heartbeat", json!({ "heartbeat": format!("ping ${{secret:{text}}}"), "heartbeat_every_ms": 60_000 })),
    ]
}

#[tokio::test]
async fn nothing_else_is_read_for_an_administrator() {
    let outer = tempfile::tempdir().expect("a directory");
    let secrets = outer.path().join("secrets");
    fs::create_dir(&secrets).expect("made");
    let outside = outer.path().join("outside");
    fs::write(&outside, OUTSIDE).expect("written");
    symlink(&outside, secrets.join("link")).expect("linked");
    symlink(outer.path(), secrets.join("up")).expect("linked");
    symlink("/proc/self/environ", secrets.join("environ")).expect("linked");
    assert!(Command::new("mkfifo").arg(secrets.join("pipe")).status().expect("runs").success());
    fs::write(secrets.join("inside"), "ann:t0ken\n").expect("written");

    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start_with(upstream.base(), |config| config.settings.secrets_dir = Some(secrets)).await;
    let admin = Visitor::admin(&monitor).await;
    let connect = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    assert_eq!(admin.call("change_connection", connect).await.status(), 200);

    let url = format!("file:http://{}/", upstream.base().host());
    let absolute = format!("file:{}", outside.display());
    let tries = [
        "file:",
        "file:../outside",
        "file:x/../../outside",
        "file:link",
        "file:up/outside",
        "file:environ",
        "file:pipe",
        "file:.",
        "file:gone",
        "file:/etc/passwd",
        "file:///etc/passwd",
        "file:/proc/self/environ",
        &absolute,
        &url,
        "env:HOME",
        "env:PATH",
        "env:WSMON_ADMIN_PASSWORD",
        "env:WSMON_SECRET_",
        "env:WSMON_SECRET_NEVER_SET",
    ];
    for (text, (field, options)) in tries.iter().flat_map(|text| naming(text).map(|options| (text, options))) {
        let saved = admin.save_options("data-feed", &options, None).await;
        let told = saved.problem().map(|(field, _)| field);
        assert_eq!((saved.status, told), (422, Some(field)), "{text}: {}", saved.page);
        assert!(!saved.page.contains("c4n4ry"), "{}", saved.page);
    }
    for (field, options) in naming("file:inside") {
        assert_eq!(admin.save_options("data-feed", &options, None).await.status, 303, "{field}");
        let shown = admin.call("load_options", json!({ "endpoint": "data-feed" })).await.text().await.expect("text");
        assert!(shown.contains("file:inside") && !shown.contains("t0ken"), "where it is kept can be seen: {shown}");
    }
}

/// An opening that the service answers with what it was sent, whole and cut: in the list, in the endpoint's page and its events,
/// and in the metrics there is nothing of it.
#[tokio::test]
async fn a_secret_that_a_service_repeats_is_told_nowhere() {
    let secrets = tempfile::tempdir().expect("a directory");
    fs::write(secrets.path().join("token"), "c4n4ry-t0ken\n").expect("written");
    let upstream = Upstream::start(Manner::Echo).await;
    let secrets_dir = secrets.path().to_owned();
    let monitor = Monitor::start_with(upstream.base(), |config| config.settings.secrets_dir = Some(secrets_dir)).await;
    let admin = Visitor::admin(&monitor).await;
    let connect = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    assert_eq!(admin.call("change_connection", connect).await.status(), 200);
    let opening = "> {\"token\":\"${secret:file:token}\"}\n<100ms welcome";
    let options = json!({ "opening": opening, "bearer_token": "file:token", "query": "key=c4n4ry-key" });
    let mut events = monitor.state.manager.events();
    assert_eq!(admin.save_options("data-feed", &options, None).await.status, 303);
    let failed = async { while events.recv().await.expect("an event").cause() != Some(Cause::OpeningFailed) {} };
    soon("a failed opening", failed).await;
    let options = admin.call("load_options", json!({ "endpoint": "data-feed" })).await.text().await.expect("text");
    let shown = admin.call("load_endpoint", json!({ "endpoint": "data-feed" })).await.text().await.expect("text");
    assert!(options.contains("••••••") && shown.contains("the opening failed"), "{shown}");
    let page = admin.get("/admin/websocket-monitor/data-feed").await.text().await.expect("text");
    let list = admin.get("/admin/websocket-monitor").await.text().await.expect("text");
    let metrics = admin.get("/metrics").await.text().await.expect("text");
    for text in [options, shown, page, list, metrics] {
        assert!(!text.contains("c4n4ry"), "{text}");
    }
}
