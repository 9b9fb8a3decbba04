//! What an endpoint's options change: what the server is asked, and what follows its answer.

use std::cell::RefCell;

use tokio::net::TcpStream;
use wsmon_model::{Cause, ConnectionOptions, Header, Secret, Status};

use super::{
    outcome::{Expected, Outcome},
    support::{Monitor, fault_with},
    wire::{Server, close_frame, request, send, switching_protocols, until_gone, upgrade},
};

#[tokio::test(start_paused = true)]
async fn credentials_arrive() {
    let server = Server::start().await;
    let monitor = Monitor::start(&format!("{}?tenant=7", server.base())).await;
    let options = ConnectionOptions {
        bearer_token: Some(Secret::new("t0ken")),
        headers: vec![Header { name: "X-Api-Key".to_owned(), value: Secret::new("k3y") }],
        query: Some(Secret::new("since=9")),
        ..ConnectionOptions::default()
    };
    let seen = RefCell::new(String::new());
    let script = async |mut stream: TcpStream| {
        *seen.borrow_mut() = upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, monitor.settled(options)).await;
    assert_eq!(outcome.connection.status(), Status::Connected);
    let head = seen.into_inner();
    let lines: Vec<String> = head.lines().map(str::to_ascii_lowercase).collect();
    for line in ["get /ws/data-feed?tenant=7&since=9 http/1.1", "authorization: bearer t0ken", "x-api-key: k3y"] {
        assert!(lines.iter().any(|seen| seen == line), "no {line} in {head}");
    }
}

/// What comes of a server that chooses a subprotocol.
async fn chosen(asked: &[&str], chosen: Option<&str>) -> Outcome {
    let subprotocols = asked.iter().map(|&name| name.to_owned()).collect();
    let options = ConnectionOptions { subprotocols, ..ConnectionOptions::default() };
    let field = chosen.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let script = async |mut stream: TcpStream| {
        let request = request(&mut stream).await;
        send(&mut stream, switching_protocols(&request, &field).as_bytes()).await;
        until_gone(&mut stream).await;
    };
    server.during(script, monitor.settled(options)).await
}

#[tokio::test(start_paused = true)]
async fn subprotocols() {
    let mismatch = |text| Expected::blocked(Cause::SubprotocolMismatch, text);
    let none_taken = "Client and server agree on no subprotocol: the server took none of those asked for. \
                      Check the connection's subprotocols.";
    chosen(&["feed.v2", "feed.v1"], None).await.check(&mismatch(none_taken));
    chosen(&["feed.v2"], Some("chat")).await.check(&mismatch("the server chose one that was not asked for."));
    chosen(&[], Some("chat")).await.check(&mismatch("the server chose one although none was asked for."));
    let agreed = chosen(&["feed.v2", "feed.v1"], Some("feed.v1")).await;
    assert_eq!(agreed.connection.status(), Status::Connected);
}

async fn closed_with(code: u16, options: ConnectionOptions) -> Outcome {
    fault_with(options, async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &close_frame(Some(code))).await;
        until_gone(&mut stream).await;
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn normal_closure_is_final() {
    let outcome = closed_with(1000, ConnectionOptions { stay_closed: true, ..ConnectionOptions::default() }).await;
    let expected = Expected::off(Cause::ClosedByPeer, "The server closed the connection: 1000 normal closure.");
    outcome.check(&expected.code(Some(1000)).once_open());
}

#[tokio::test(start_paused = true)]
async fn code_never_to_be_retried() {
    let options = ConnectionOptions { never_retry: vec![4001], ..ConnectionOptions::default() };
    let expected = Expected::blocked(Cause::ClosedByPeer, "The server closed the connection: 4001.");
    closed_with(4001, options).await.check(&expected.code(Some(4001)).once_open());
}

#[tokio::test(start_paused = true)]
async fn code_always_to_be_retried() {
    let options = ConnectionOptions { always_retry: vec![1008], ..ConnectionOptions::default() };
    let text = "The server closed the connection: 1008 policy violation.";
    let expected = Expected::waiting(Cause::ClosedByPeer, text).code(Some(1008)).once_open();
    closed_with(1008, options).await.check(&expected);
}
