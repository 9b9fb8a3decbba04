//! Secrets that options refer to, at a service that repeats them wherever it can: nobody is told any of them.

mod parrot;

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

pub use self::parrot::{Manner, Parrot};
use crate::watched::{CANARY, Watched, assert_without};

/// Files in the secrets directory. One has a line break, one what JSON and URLs write otherwise.
const FILES: [(&str, &str); 9] = [
    ("bearer", "c4n4ry-bearer\n"),
    ("key", "Token c4n4ry-key+/\n"),
    ("query", "key=c4n4ry query&mode=live\n"),
    ("bare", "c4n4ry bare\n"),
    ("opening", "c4n4ry-one\nand c4n4ry-two\n"),
    ("longer", "c4n4ry-one\nand c4n4ry-two and c4n4ry-three\n"),
    ("pong", "c4n4ry-pong\n"),
    ("mqtt", "c4n4ry-mqtt\n"),
    ("stomp", "c4n4ry-stomp\n"),
];

/// Variables of the program.
const VARIABLES: [(&str, &str); 3] = [
    ("WSMON_SECRET_COOKIE", "sid=c4n4ry-cookie; theme=dark"),
    ("WSMON_SECRET_BEAT", "c4n4ry-beat"),
    ("WSMON_SECRET_PAIR", "ann:c4n4ry-basic"),
];

/// What nobody may be told: the canary, and what a secret becomes on its way that has the canary no more.
const SECRETS: [&str; 3] = [CANARY, "YW5uOmM0bjRyeS1iYXNpYw==", "c4n4ry-two"];

fn tell(command: &mut Command, secrets: &Path) {
    for (name, content) in FILES {
        fs::write(secrets.join(name), content).expect("written");
    }
    command.arg("--secrets-dir").arg(secrets).envs(VARIABLES);
}

/// Endpoints, and their options: between them they refer to every secret in every way.
fn endpoints() -> [(&'static str, Value); 5] {
    let opening = |said: &str| format!("> {said}\n<200ms ^welcome");
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let feed = json!({
        "bearer_token": "file:bearer",
        "headers": [header("X-Api-Key", "file:key"), header("Cookie", "env:WSMON_SECRET_COOKIE")],
        "query": "file:query",
        "opening": opening("hello ${secret:file:opening}"),
        "heartbeat": "beat ${secret:env:WSMON_SECRET_BEAT}",
        "heartbeat_every_ms": 100,
        "text_ping": { "ping": "ask", "pong": "pong ${secret:file:pong}" },
    });
    let longer = "again ${secret:file:opening}, ${secret:file:longer}";
    let mqtt = ">mqtt connect client=c user=ann password=${secret:file:mqtt}\n<200ms ^welcome";
    let stomp = opening("CONNECT${lf}passcode:${secret:file:stomp}${lf}${lf}${nul}");
    [
        ("feed", feed),
        ("basic", json!({ "basic_auth": "env:WSMON_SECRET_PAIR", "query": "file:bare", "opening": opening("hi") })),
        ("longer", json!({ "opening": opening(longer) })),
        ("mqtt", json!({ "profile": "mqtt", "opening": mqtt })),
        ("stomp", json!({ "profile": "stomp", "opening": stomp })),
    ]
}

/// Where each endpoint's secrets are repeated, and the word for what comes of it.
fn repetitions(endpoint: &str) -> Vec<(Manner, &'static str)> {
    let headers: &[&str] = match endpoint {
        "feed" => &["authorization", "x-api-key", "cookie", ":path"],
        "basic" => &["authorization", ":path"],
        _ => &[],
    };
    let refusals = headers.iter().map(|name| (Manner::Refuse(name), "http_status"));
    let extensions = headers.iter().filter(|name| **name != ":path");
    let extensions = extensions.map(|name| (Manner::Extend(name), "invalid_handshake"));
    let in_opening = [Manner::Close, Manner::Text, Manner::Binary].map(|manner| (manner, "opening_failed"));
    refusals.chain(extensions).chain(in_opening).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_options_refer_to_are_told_nowhere() {
    let (parrot, secrets) = (Parrot::start().await, tempfile::tempdir().expect("a directory"));
    let monitor = Watched::start(&parrot.base(), |command| tell(command, secrets.path())).await;
    for (endpoint, options) in endpoints() {
        parrot.treat(Manner::Refuse(":path"));
        assert!(monitor.connect(endpoint).await.contains("http_status"));
        let saved = monitor.save(endpoint, &options, &[]).await;
        assert_eq!(saved.status, 303, "{}", saved.page);
        for (manner, word) in repetitions(endpoint) {
            parrot.treat(manner);
            let outcome = monitor.connect(endpoint).await;
            assert!(outcome.contains(word), "{endpoint}, {manner:?}: {outcome}");
            assert_without(&outcome, &SECRETS);
            assert_without(&monitor.seen(endpoint).await, &SECRETS);
            let (status, page) = monitor.post("/admin/test", &[("endpoint", endpoint)]).await;
            assert!(status == 200 && page.contains("failed"), "{endpoint}, {manner:?}: {page}");
            assert_without(&page, &SECRETS);
        }
    }

    // What is sent and repeated while a connection is open.
    parrot.treat(Manner::Open);
    monitor.connect("feed").await;
    monitor.seen_until("feed", "4002, “beat ••••••, pong ••••••”").await;
    let (_, page) = monitor.post("/admin/test", &[("endpoint", "feed")]).await;
    assert!(page.contains("you said hello ••••••"), "{page}");
    assert_without(&page, &SECRETS);

    let heard = parrot.heard();
    let sent =
        ["c4n4ry-bearer", "c4n4ry-key", "c4n4ry%20query", "c4n4ry%20bare", "c4n4ry-two", "c4n4ry-three", "c4n4ry-pong"];
    for secret in sent.into_iter().chain(["c4n4ry-mqtt", "c4n4ry-stomp", "c4n4ry-cookie", "c4n4ry-beat", SECRETS[1]]) {
        assert!(heard.contains(secret), "{secret} was not sent: {heard}");
    }
    let log = monitor.end(&SECRETS);
    assert!(log.contains("\"cause\":\"opening_failed\"") && log.contains("••••••"), "{log}");
}
