//! Which files an administrator may name as certificates to trust.

use std::fs;

use serde_json::json;
use websocket_monitor::server::{Server, ServerError};

use crate::support::{
    monitor::{Monitor, Saved, Visitor, config},
    upstream::{Manner, Upstream},
};

/// Saves options that name a file.
async fn save(admin: &Visitor, ca_file: &str) -> Saved {
    admin.save_options("data-feed", &json!({ "ca_file": ca_file }), None).await
}

/// Somebody who has connected an endpoint.
async fn admin(monitor: &Monitor) -> Visitor {
    let admin = Visitor::admin(monitor).await;
    let connect = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    assert_eq!(admin.call("change_connection", connect).await.status(), 200);
    admin
}

/// The sentence beside the field.
fn sentence(refused: &Saved) -> &str {
    match refused.problem() {
        Some(("ca_file", sentence)) => sentence,
        other => panic!("{other:?}: {}", refused.page),
    }
}

#[tokio::test]
async fn without_a_secrets_directory_no_file_can_be_named() {
    let monitor = Monitor::start(Upstream::start(Manner::Echo).await.base()).await;
    let admin = admin(&monitor).await;
    for path in ["/dev/zero", "/etc/passwd", "ca.pem"] {
        let refused = save(&admin, path).await;
        let why = sentence(&refused);
        assert!(why.starts_with(&format!("{path} cannot be used: the monitor has no secrets directory")), "{why}");
    }
}

#[tokio::test]
async fn with_one_only_what_lies_in_it_can_be() {
    let secrets = tempfile::tempdir().expect("a directory");
    let pem = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.pem();
    fs::write(secrets.path().join("ca.pem"), pem).expect("written");
    let base = Upstream::start(Manner::Echo).await.base();
    let monitor =
        Monitor::start_with(base, |config| config.settings.secrets_dir = Some(secrets.path().to_owned())).await;
    let admin = admin(&monitor).await;
    assert_eq!(save(&admin, "ca.pem").await.status, 303);
    assert_eq!(save(&admin, secrets.path().join("ca.pem").to_str().expect("text")).await.status, 303);
    for (path, why) in [
        ("/dev/zero", "/dev/zero cannot be used: it is outside the secrets directory"),
        ("gone.pem", "gone.pem cannot be used: there is no such file"),
    ] {
        let refused = save(&admin, path).await;
        assert!(sentence(&refused).starts_with(why), "{}", sentence(&refused));
    }
}

#[tokio::test]
async fn a_secrets_directory_that_is_none_is_said_at_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut config = config(Upstream::start(Manner::Echo).await.base(), directory.path());
    config.settings.secrets_dir = Some(directory.path().join("gone"));
    let error = Server::bind(config).await.err().expect("it does not start");
    assert!(matches!(error, ServerError::SecretsDir { .. }), "{error}");
}
