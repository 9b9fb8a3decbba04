//! The program with an `oauth2` table: what it does, and that it tells nobody the client's secret or a token.

use std::{fs, path::Path};

use reqwest::Client;
use serde_json::{Value, json};

use super::{
    feed::Feed,
    token_server::{CLIENT, Manner, TokenServer},
};
use crate::{
    program::{PASSWORD, Program, browser},
    support::wire::{self, POSTCARD},
};

async fn call(browser: &Client, program: &Program, function: &str, arguments: Value) -> String {
    let request = browser.post(format!("{}/api/{function}", program.url)).header("content-type", POSTCARD);
    let answer = request.body(wire::arguments(function, &arguments)).send().await.expect("an answer");
    wire::answer(function, answer).await.text().await.expect("text")
}

/// What administrators and Prometheus see.
async fn everything(browser: &Client, program: &Program) -> String {
    let mut seen = call(browser, program, "load_endpoint", json!({ "endpoint": "feed" })).await;
    for path in ["/admin/websocket-monitor", "/admin/websocket-monitor/feed", "/admin/audit", "/metrics"] {
        let answer = browser.get(format!("{}{path}", program.url)).send().await.expect("an answer");
        seen.push_str(&answer.text().await.expect("text"));
    }
    assert!(!seen.contains("c4n4ry"), "{seen}");
    seen
}

fn file(path: &Path, tokens: &TokenServer) {
    let text = format!(
        "[service.default.oauth2]\ntoken-url = '{}'\nclient-id = '{}'\nclient-secret = 'file:client-secret'\nscope = 'feeds'",
        tokens.url(),
        CLIENT.0
    );
    fs::write(path, text).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_clients_secret_nor_a_token_is_shown_logged_or_stored() {
    let refused = r#"{"error":"invalid_client","error_description":"not c4n4ry-secret"}"#;
    let tokens = TokenServer::start(Manner::Answer(401, "application/json", refused)).await;
    let feed = Feed::start("no such", None).await;
    let (directory, data) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (config, secrets) = (directory.path().join("monitor.toml"), directory.path().join("secrets"));
    file(&config, &tokens);
    fs::create_dir(&secrets).expect("made");
    fs::write(secrets.join("client-secret"), format!("{}\n", CLIENT.1)).expect("written");
    let arguments = ["--config", config.to_str().expect("text"), "--secrets-dir", secrets.to_str().expect("text")];
    let program = Program::start_with(&arguments, &feed.base().to_string(), "trace", data.path());
    let browser = browser();
    let login = browser.post(format!("{}/login", program.url)).form(&[("username", "admin"), ("password", PASSWORD)]);
    login.send().await.expect("an answer");

    // The token service repeats the secret; then the feed repeats the token; then all is well.
    let connect = async || {
        call(&browser, &program, "change_connection", json!({ "endpoint": "feed", "kind": { "Connect": null } })).await
    };
    let outcome = connect().await;
    assert!(outcome.contains("token_refused") && outcome.contains("not ••••••"), "{outcome}");
    everything(&browser, &program).await;

    tokens.treat(Manner::Issue { expires_in: 60 });
    let outcome = until(&connect, "http_status").await;
    assert!(outcome.contains("HTTP 401"), "{outcome}");
    let seen = everything(&browser, &program).await;
    assert!(seen.contains("wsmon_token_expiry_timestamp_seconds{service=\"default\",renewal=\"automatic\"}"), "{seen}");

    feed.accept_beginning("c4n4ry-token");
    until(&connect, "\"connected\"").await;
    let seen = everything(&browser, &program).await;
    assert!(seen.contains("Token renewed by itself"), "{seen}");

    let log = program.into_log();
    assert!(log.contains("\"cause\":\"token_refused\""), "{log}");
    assert_eq!(log.lines().find(|line| line.contains("c4n4ry-secret") || line.contains("c4n4ry-token")), None);
    for entry in fs::read_dir(data.path()).expect("a directory") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a file");
        assert!(!bytes.windows(6).any(|window| window == b"c4n4ry"), "nothing secret is stored");
    }
}

/// Clicks until the answer says this: after a failure the token service is not asked again at once.
async fn until(connect: &impl AsyncFn() -> String, word: &str) -> String {
    let clicking = async {
        loop {
            let outcome = connect().await;
            if outcome.contains(word) {
                break outcome;
            }
        }
    };
    crate::support::soon(word, clicking).await
}
