//! Two hundred endpoint names that mean to lead elsewhere.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::handshake::server::{ErrorResponse, Request, Response},
};

use crate::support::{
    monitor::{Monitor, Visitor},
    name, soon,
    upstream::base_at,
};

/// A name, and whether the contract allows it.
struct Case {
    name: String,
    legal: bool,
}

/// The corpus, in which `{decoy}` becomes an address.
fn corpus(decoy: &str) -> Vec<Case> {
    let lines = include_str!("corpus/names.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (sign, name) = line.split_once(' ').expect("a sign and a name");
            let name: String = serde_json::from_str(name).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(matches!(sign, "+" | "-"), "{line}");
            Case { name: name.replace("{decoy}", decoy), legal: sign == "+" }
        })
        .collect()
}

/// Accepts every WebSocket and keeps it, and writes down what each asked for.
async fn record(listener: TcpListener, seen: Arc<Mutex<Vec<(String, String)>>>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let seen = seen.clone();
        clients.spawn(async move {
            #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
            let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
                let host = request.headers()["host"].to_str().expect("text").to_owned();
                seen.lock().expect("no panic").push((host, request.uri().to_string()));
                Ok(response)
            };
            let _socket = accept_hdr_async(stream, note).await.expect("a WebSocket");
            std::future::pending::<()>().await;
        });
    }
}

#[tokio::test]
async fn no_hostile_name_connects_anywhere_else() {
    let decoy = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let base = base_at(address);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut upstream = JoinSet::new();
    upstream.spawn(record(listener, seen.clone()));

    let monitor = Monitor::start(base.clone()).await;
    let admin = Visitor::admin(&monitor).await;
    let cases = corpus(&decoy.local_addr().expect("an address").to_string());
    assert_eq!(cases.len(), 200);

    for Case { name, legal } in &cases {
        let response = admin.call("change_connection", json!({ "endpoint": name, "kind": { "Connect": true } })).await;
        let status = response.status().as_u16();
        let answer: Value = response.json().await.expect("JSON");
        if *legal {
            assert_eq!((status, &answer["phase"]), (200, &json!("connected")), "{name:?}: {answer}");
            continue;
        }
        assert_eq!(status, 400, "{name:?}: {answer}");
        let sentence = answer["invalid"].as_str().expect("a sentence");
        assert!(sentence.contains(' ') && sentence.ends_with('.'), "{name:?}: {sentence}");
        assert!(!sentence.chars().any(char::is_control), "{name:?}: {sentence:?}");
    }

    // What was asked for on the wire, in the order of the corpus: one attempt each, nothing else.
    let legal: Vec<_> = cases.iter().filter(|case| case.legal).map(|case| case.name.as_str()).collect();
    let expected: Vec<_> = legal.iter().map(|name| (address.to_string(), format!("/ws/{name}"))).collect();
    assert_eq!(*seen.lock().expect("no panic"), expected);

    let manager = &monitor.state.manager;
    for text in &legal {
        let connection = manager.get(&name(text)).expect(text);
        assert_eq!(connection.url, format!("{base}{text}"));
    }
    assert_eq!(Ok(manager.summary().total), u32::try_from(legal.len()), "nothing else is listed");

    // A listener's queue keeps its order: if ours comes out first, nobody came before it.
    let ours = TcpStream::connect(decoy.local_addr().expect("an address")).await.expect("connects");
    let (_, first) = soon("our own connection", decoy.accept()).await.expect("a client");
    assert_eq!(first, ours.local_addr().expect("an address"), "somebody reached the decoy");
}
