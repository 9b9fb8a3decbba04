//! Heartbeats of a feed's own, and messages that bring no news.

use std::cell::RefCell;

use tokio::net::TcpStream;
use wsmon_model::{Cause, ConnectionOptions, Layer};

use super::{
    outcome::Expected,
    support::{Monitor, fault_with, soon},
    wire::{FIN, Server, TEXT, read_frame, send, text, until_gone, upgrade},
};

fn heartbeat(message: &str) -> ConnectionOptions {
    ConnectionOptions {
        heartbeat: Some(message.to_owned()),
        heartbeat_every_ms: Some(1_000),
        heartbeat_expect: Some("^pong".to_owned()),
        pong_timeout_ms: Some(500),
        ..ConnectionOptions::default()
    }
}

#[tokio::test(start_paused = true)]
async fn they_are_sent_with_what_the_opening_found_and_answered() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let (said, enough) = (RefCell::new(Vec::new()), tokio::sync::Notify::new());
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        send(&mut stream, &text("sid 7")).await;
        for _ in 0..5 {
            let beat = read_frame(&mut stream).await;
            said.borrow_mut().push(beat);
            send(&mut stream, &text("pong")).await;
        }
        enough.notify_one();
        until_gone(&mut stream).await;
    };
    let opening = Some("< sid (?<sid>.)".to_owned());
    let options = ConnectionOptions { opening, ..heartbeat("ping ${sid}") };
    let rest = async {
        monitor.connect(options).await;
        soon("five heartbeats", enough.notified()).await;
        monitor.feed()
    };
    let feed = server.during(script, rest).await;
    assert_eq!(*said.borrow(), vec![(FIN | TEXT, "ping 7".to_owned()); 5]);
    assert_eq!((feed.cause, feed.messages_received >= 5), (None, true), "answers count as messages");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_answered() {
    let outcome = fault_with(heartbeat("ping"), async |mut stream| {
        upgrade(&mut stream).await;
        read_frame(&mut stream).await;
        // It lives, and does not answer.
        send(&mut stream, &text("news")).await;
        until_gone(&mut stream).await;
    })
    .await;
    let text = "The service did not answer a heartbeat within 0.5 s as the connection's options expect";
    outcome.check(&Expected::waiting(Cause::HeartbeatUnanswered, text).once_open());
    assert_eq!(outcome.connection.layer, Some(Layer::Heartbeat));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_data_does_not_end_a_silence() {
    let options = ConnectionOptions {
        not_data: Some("^(hb|pong)$".to_owned()),
        max_silence_ms: Some(3_000),
        recycle_when_silent: true,
        heartbeat_expect: None,
        ..heartbeat("ping")
    };
    let outcome = fault_with(options, async |mut stream| {
        upgrade(&mut stream).await;
        for answer in ["pong", "hb", "pong"] {
            read_frame(&mut stream).await;
            send(&mut stream, &text(answer)).await;
        }
        until_gone(&mut stream).await;
    })
    .await;
    outcome.check(&Expected::waiting(Cause::Silent, "brought no message for 3 s").once_open());
    assert_eq!((outcome.connection.messages_received, outcome.connection.last_message_ms), (2, None));
}
