//! The program with an `oauth2` table: what it does, and that it tells nobody the client's secret or a token.

use std::{fs, path::Path};

use super::{
    feed::Feed,
    token_server::{CLIENT, Manner, TokenServer},
};
use crate::watched::{CANARY, Watched};

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
    let directory = tempfile::tempdir().expect("a directory");
    let (config, secrets) = (directory.path().join("monitor.toml"), directory.path().join("secrets"));
    file(&config, &tokens);
    fs::create_dir(&secrets).expect("made");
    fs::write(secrets.join("client-secret"), format!("{}\n", CLIENT.1)).expect("written");
    let monitor = Watched::start(&feed.base().to_string(), |command| {
        command.arg("--config").arg(&config).arg("--secrets-dir").arg(&secrets);
    })
    .await;

    // The token service repeats the secret; then the feed repeats the token; then all is well.
    let outcome = monitor.connect("feed").await;
    assert!(outcome.contains("token_refused") && outcome.contains("not ••••••"), "{outcome}");
    monitor.seen("feed").await;

    tokens.treat(Manner::Issue { expires_in: 60 });
    let outcome = monitor.connect_until("feed", "http_status").await;
    assert!(outcome.contains("HTTP 401"), "{outcome}");
    let seen = monitor.seen("feed").await;
    assert!(seen.contains("wsmon_token_expiry_timestamp_seconds{service=\"default\",renewal=\"automatic\"}"), "{seen}");

    feed.accept_beginning("c4n4ry-token");
    monitor.connect_until("feed", "\"connected\"").await;
    let seen = monitor.seen("feed").await;
    assert!(seen.contains("Token renewed by itself"), "{seen}");

    let log = monitor.end(&[CANARY]);
    assert!(log.contains("\"cause\":\"token_refused\""), "{log}");
}
