//! Secrets that options refer to: read anew for each attempt, and told to nobody.

use std::{cell::RefCell, fs, path::Path};

use tokio::net::TcpStream;
use wsmon_manager::{ManagerConfig, SecretsDir, Tcp};
use wsmon_model::{Cause, ConnectionOptions, Header, Layer, PeerText, Secret};

use super::{
    outcome::Expected,
    support::{Monitor, soon},
    wire::{CLOSE, FIN, Server, close_frame, frame, request, send, until_gone, upgrade},
};

/// A monitor whose directory is its secrets directory.
async fn monitor(server: &Server) -> Monitor {
    let secrets_here = |config: &mut ManagerConfig, directory: &Path| {
        config.secrets_dir = Some(SecretsDir::new(directory).expect("a directory"));
    };
    Monitor::start_with(Tcp, &server.base(), secrets_here).await
}

fn write(monitor: &Monitor, name: &str, content: &str) {
    fs::write(monitor.directory().join(name), content).expect("written");
}

fn bearer(reference: &str) -> ConnectionOptions {
    ConnectionOptions { bearer_token: Some(Secret::new(reference)), ..ConnectionOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn what_they_refer_to_is_sent() {
    let server = Server::start().await;
    let monitor = monitor(&server).await;
    write(&monitor, "pair", "ann:passw0rd\n");
    write(&monitor, "key", "k3y\n");
    write(&monitor, "query", "since=9\n");
    let options = ConnectionOptions {
        basic_auth: Some(Secret::new("file:pair")),
        headers: vec![Header { name: "X-Api-Key".to_owned(), value: Secret::new("file:key") }],
        query: Some(Secret::new("file:query")),
        ..ConnectionOptions::default()
    };
    let seen = RefCell::new(String::new());
    let script = async |mut stream: TcpStream| {
        *seen.borrow_mut() = upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    server.during(script, monitor.settled(options)).await;
    let head = seen.into_inner();
    for line in ["GET /ws/data-feed?since=9 HTTP/1.1", "authorization: Basic YW5uOnBhc3N3MHJk", "x-api-key: k3y"] {
        assert!(head.lines().any(|seen| seen == line), "no {line} in {head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_rotated_is_sent_at_the_next_attempt() {
    let server = Server::start().await;
    let monitor = monitor(&server).await;
    write(&monitor, "token", "t0ken-0");
    let path = monitor.directory().join("token");
    let seen = RefCell::new(Vec::new());
    let script = async |mut stream: TcpStream| {
        let head = upgrade(&mut stream).await;
        seen.borrow_mut().extend(head.lines().filter(|line| line.starts_with("authorization")).map(str::to_owned));
        fs::write(&path, format!("t0ken-{}\n", seen.borrow().len())).expect("written");
        send(&mut stream, &close_frame(Some(1001))).await;
        until_gone(&mut stream).await;
    };
    let mut handle = monitor.connect(bearer("file:token")).await;
    let fourth = handle.wait_for(|state| state.attempt >= 4);
    server.during(script, soon("four attempts", fourth)).await;
    let expected: Vec<_> = (0..4).map(|number| format!("authorization: Bearer t0ken-{number}")).collect();
    assert_eq!(seen.into_inner()[..4], expected);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_or_sent_is_our_own_fault() {
    for (content, text) in [
        (None, "file:token cannot be used: there is no such file in the secrets directory. Check the connection's"),
        (Some("\n"), "file:token is empty. Check the connection's options."),
        (Some("two\nlines"), "The value of the bearer token has a character that cannot be sent in a header. Check"),
    ] {
        let server = Server::start().await;
        let monitor = monitor(&server).await;
        if let Some(content) = content {
            write(&monitor, "token", content);
        }
        let nobody_calls = async |_| panic!("an attempt without its token");
        let outcome = server.during(nobody_calls, monitor.settled(bearer("file:token"))).await;
        outcome.check(&Expected::blocked(Cause::InvalidOptions, text));
        assert_eq!(outcome.connection.layer, Some(Layer::Local));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_service_repeats_of_them_is_masked() {
    let server = Server::start().await;
    let refusing = monitor(&server).await;
    write(&refusing, "token", "t0ken-t0ken");
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 19\r\n\r\nbad one t0ken-t0ken").await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, refusing.settled(bearer("file:token"))).await;
    let answer = outcome.evidence.and_then(|evidence| evidence.http).expect("an answer");
    assert_eq!(answer.body, PeerText::new("bad one ••••••"));

    let closing = monitor(&server).await;
    write(&closing, "token", "t0ken-t0ken");
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        let reason = [&u16::to_be_bytes(4_001), &b"unknown: t0ken-t0ken"[..]].concat();
        send(&mut stream, &frame(FIN | CLOSE, &reason)).await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, closing.failed(bearer("file:token"))).await;
    let frame = outcome.evidence.and_then(|evidence| evidence.close).expect("a close frame");
    assert_eq!(frame.reason, PeerText::new("unknown: ••••••"));
}
