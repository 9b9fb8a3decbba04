//! What may be a label, and what never is.

use reqwest::StatusCode;
use serde_json::json;
use strum::VariantArray;
use wsmon_model::{Cause, Status, TokenRenewal};

use crate::{
    eventually,
    exposition::Samples,
    monitor::{Admin, Monitor},
    upstream::{Manner, Upstream},
};

/// Names that would be something else if they were taken over as they are.
const HOSTILE: [&str; 14] = [
    "",
    "..",
    "../admin",
    "a//b",
    "feed?token=c4n4ry",
    "feed#c4n4ry",
    "user:c4n4ry@host",
    "//c4n4ry.example/",
    "https://c4n4ry.example/",
    "a\"} 1\nwsmon_forged{x=\"c4n4ry",
    "a\\c4n4ry",
    "a\u{0}c4n4ry",
    "a,c4n4ry=1",
    "ｃ4n4ry\u{202e}",
];

/// The words that a label may have, but for `service`, `endpoint`, `le` and `version`.
fn words(label: &str) -> Vec<&'static str> {
    match label {
        "state" => Status::VARIANTS.iter().copied().map(Status::as_str).collect(),
        "cause" => Cause::VARIANTS.iter().copied().map(Cause::as_str).chain(["requested"]).collect(),
        "renewal" => TokenRenewal::VARIANTS.iter().copied().map(TokenRenewal::as_str).collect(),
        "result" => vec!["success", "failure"],
        "direction" => vec!["received", "sent"],
        "certificate" => vec!["server", "client"],
        _ => vec![],
    }
}

fn assert_bounded(samples: &Samples) {
    for series in samples.0.keys() {
        for (label, value) in &series.labels {
            let bounded = match label.as_str() {
                "service" => value == "default",
                "endpoint" => value == "secretive",
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "version" => value == env!("CARGO_PKG_VERSION"),
                other => words(other).contains(&value.as_str()),
            };
            assert!(bounded, "{series:?}");
        }
    }
}

#[tokio::test]
async fn no_url_token_reason_or_private_code_is_a_label_and_no_hostile_name_a_series() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let monitor = Monitor::start(&format!("{}?key=c4n4ry", upstream.base_url()), directory.path());
    let admin = Admin::sign_in(&monitor).await;
    upstream.treat("secretive", Manner::Close(4321, "c4n4ry"));
    admin.connect("secretive").await;
    let options = json!({
        "bearer_token": "c4n4ry",
        "query": "session=c4n4ry",
        "headers": [{ "name": "x-key", "value": "c4n4ry" }],
        "subprotocols": ["c4n4ry"],
    });
    admin.save_options("secretive", &options).await;
    admin.save_options("secretive", &json!({})).await;
    for name in HOSTILE.into_iter().chain([&*"x".repeat(129)]) {
        let answer = admin.call("change_connection", json!({ "endpoint": name, "kind": { "Connect": true } })).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name:?}");
    }
    let closed = [("endpoint", "secretive"), ("cause", "closed_by_peer")];
    let samples = eventually("a close with the private code", async || {
        let samples = monitor.samples().await;
        if samples.sum("wsmon_disconnects_total", &closed) > 0.0 { Ok(samples) } else { Err("none".to_owned()) }
    })
    .await;
    assert_bounded(&samples);
    let text = monitor.metrics().await;
    for secret in ["c4n4ry", "ws://", "forged"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
