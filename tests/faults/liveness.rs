//! Connections that look open and bring nothing, and subscribers that take nothing.

use std::time::Duration;

use tokio::{io::AsyncReadExt, net::TcpStream, sync::Notify, time::sleep};
use websocket_monitor::{
    model::{Cause, ConnectionOptions, EventKind, Status},
    server::connections::{Message, RecvError},
};

use super::{
    outcome::Expected,
    support::{FEED, Monitor, fault, fault_with, name, soon},
    wire::{FIN, PING, Server, TEXT, frame, send, until_gone, upgrade},
};

async fn silent(mut stream: TcpStream) {
    upgrade(&mut stream).await;
    until_gone(&mut stream).await;
}

#[tokio::test(start_paused = true)]
async fn pings_unanswered() {
    let outcome = fault(silent).await;
    let text = "The server did not answer a ping within 10 s, although the connection looked open.";
    outcome.check(&Expected::waiting(Cause::PongTimeout, text).once_open());
    let opened = outcome.events.iter().find(|event| event.kind == EventKind::Connected).expect("it was open");
    let held_ms = outcome.connection.since_ms - opened.at_ms;
    assert!((25_000..25_100).contains(&held_ms), "15 s to the ping and 10 s for the pong, not {held_ms} ms");
}

fn at_most_5_s_silent() -> ConnectionOptions {
    ConnectionOptions { max_silence_ms: Some(5_000), ..ConnectionOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn silence_is_shown() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let shown = async {
        monitor.connect(at_most_5_s_silent()).await.settled().await;
        assert!(!monitor.feed().silent);
        sleep(Duration::from_secs(5)).await;
        assert!(!monitor.feed().silent, "it may be silent as long as that");
        sleep(Duration::from_millis(1)).await;
        monitor.feed()
    };
    let shown = server.during(silent, shown).await;
    assert!(shown.silent);
    assert_eq!((shown.status(), shown.cause), (Status::Connected, None), "it is only shown");
}

#[tokio::test(start_paused = true)]
async fn silence_is_ended() {
    let outcome = fault_with(ConnectionOptions { recycle_when_silent: true, ..at_most_5_s_silent() }, silent).await;
    let text = "The connection was open but brought no message for 5 s, so it was closed to be opened anew.";
    outcome.check(&Expected::waiting(Cause::Silent, text).once_open());
}

/// The length of the pong that answers an empty ping: a header of two bytes and a mask of four.
const EMPTY_PONG: usize = 6;

#[tokio::test(start_paused = true)]
async fn subscriber_that_does_not_receive() {
    const SENT: u64 = 200;
    const KEPT: u64 = 64;
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    let mut messages = monitor.manager.subscribe(&name(FEED)).expect("it is there");
    let received = Notify::new();
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        for n in 0..SENT {
            send(&mut stream, &frame(FIN | TEXT, n.to_string().as_bytes())).await;
        }
        send(&mut stream, &frame(FIN | PING, b"")).await;
        stream.read_exact(&mut [0; EMPTY_PONG]).await.expect("a pong");
        received.notify_one();
        until_gone(&mut stream).await;
    };
    let rest = async {
        handle.settled().await;
        soon("all messages", received.notified()).await;
        let shown = monitor.feed();
        assert_eq!((shown.status(), shown.messages_received), (Status::Connected, SENT), "it holds up nobody");
        assert_eq!(messages.recv().await, Err(RecvError::Lagged(SENT - KEPT)));
        for n in SENT - KEPT..SENT {
            assert_eq!(messages.recv().await, Ok(Message::text(n.to_string())), "the newest are kept");
        }
        assert_eq!(monitor.feed().messages_dropped, SENT - KEPT);
    };
    server.during(script, rest).await;
}
