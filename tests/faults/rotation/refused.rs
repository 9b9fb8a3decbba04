//! A service that refuses a second session, or does not let it end its opening.

use std::cell::Cell;

use tokio::{net::TcpStream, sync::Notify};
use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions, EventKind, Layer, Phase, Status};

use super::{kinds, rotating, until, until_asked_to_close};
use crate::{
    support::{FEED, Monitor, name},
    wire::{Server, close_frame, read_frame, request, send, text, until_gone, upgrade},
};

fn conflict(body: &str) -> String {
    format!("HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test(start_paused = true)]
async fn where_a_second_one_is_refused_the_old_one_is_closed_first() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let open = Cell::new(0);
    let script = async |mut stream: TcpStream| {
        if open.get() > 0 {
            request(&mut stream).await;
            return send(&mut stream, conflict("one is enough").as_bytes()).await;
        }
        upgrade(&mut stream).await;
        open.set(open.get() + 1);
        until_asked_to_close(&mut stream).await;
        open.set(open.get() - 1);
    };
    let outcome = server.during(script, async {
        monitor.connect(rotating()).await;
        until(&monitor, EventKind::RotationFailed, 1).await;
        assert_eq!((monitor.feed().status(), monitor.feed().cause), (Status::Connected, None), "it lives on");
        until(&monitor, EventKind::ClosedToRotate, 1).await;
        assert!(!monitor.host_fails());
        until(&monitor, EventKind::Connected, 1).await;
        // What it has learned it does not try again.
        until(&monitor, EventKind::ClosedToRotate, 1).await;
        until(&monitor, EventKind::Connected, 1).await;
        monitor.outcome().await
    });
    let outcome = outcome.await;
    let again = [EventKind::ClosedToRotate, EventKind::Connected];
    let expected = [[EventKind::Connected, EventKind::RotationFailed], again, again].concat();
    assert_eq!(kinds(&outcome), expected);
    let texts: Vec<_> = outcome.events.iter().rev().map(|event| event.text.as_str()).collect();
    let kept =
        "No new session could be opened, so the old one was kept and it is tried again. The server answered HTTP 409";
    let closed = "The service refuses a second connection, so the old session was closed before a new one was opened.";
    let at = |index: usize| texts[texts.len() - 5 + index];
    assert!(at(0).starts_with(kept), "{texts:?}");
    assert!(at(1).starts_with(&format!("{closed} The server answered HTTP 409")), "{texts:?}");
    assert_eq!(at(3), closed);
    assert_eq!(outcome.connection.attempt, 0, "nothing has failed");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_a_second_one_at_once_refuses_it_too() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let open = Cell::new(0);
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        if open.get() > 0 {
            send(&mut stream, &close_frame(Some(1_008))).await;
            return until_gone(&mut stream).await;
        }
        open.set(open.get() + 1);
        until_asked_to_close(&mut stream).await;
        open.set(open.get() - 1);
    };
    let outcome = server.during(script, async {
        monitor.connect(rotating()).await;
        until(&monitor, EventKind::ClosedToRotate, 1).await;
        until(&monitor, EventKind::Connected, 1).await;
        monitor.outcome().await
    });
    let outcome = outcome.await;
    let expected = [EventKind::Connected, EventKind::RotationFailed, EventKind::ClosedToRotate, EventKind::Connected];
    assert_eq!(kinds(&outcome), expected);
    let failed = outcome.events.iter().find(|event| event.kind == EventKind::RotationFailed).expect("it is there");
    assert_eq!((failed.cause, failed.close_code, failed.attempt), (Some(Cause::ClosedByPeer), Some(1_008), 1));
}

/// The old session lives on, its messages come, and what failed speaks for nobody.
#[tokio::test(start_paused = true)]
async fn an_opening_that_fails_leaves_the_old_session_alone() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let (clients, failed) = (Cell::new(0), Notify::new());
    let script = async |mut stream: TcpStream| {
        let client = clients.replace(clients.get() + 1);
        upgrade(&mut stream).await;
        read_frame(&mut stream).await;
        if (1..4).contains(&client) {
            send(&mut stream, &text("error: not now")).await;
            return until_gone(&mut stream).await;
        }
        send(&mut stream, &text("welcome")).await;
        if client == 0 {
            failed.notified().await;
            send(&mut stream, &text("news")).await;
        }
        until_asked_to_close(&mut stream).await;
    };
    let opening = Some("> hello\n<1s welcome".to_owned());
    let outcome = server.during(script, async {
        let handle = monitor.connect(ConnectionOptions { opening, ..rotating() }).await;
        let mut messages = monitor.manager.subscribe(&name(FEED)).expect("it is there");
        until(&monitor, EventKind::RotationFailed, 3).await;
        failed.notify_one();
        while messages.recv().await.expect("a message") != Message::text("news") {}
        assert_eq!((handle.state().phase, handle.state().attempt), (Phase::Connected, 0));
        assert!(!monitor.host_fails());
        until(&monitor, EventKind::Rotated, 1).await;
        monitor.outcome().await
    });
    let outcome = outcome.await;
    let expected = [[EventKind::Connected].as_slice(), &[EventKind::RotationFailed; 3], &[EventKind::Rotated]].concat();
    assert_eq!(kinds(&outcome), expected);
    let failed = &outcome.events[1];
    assert_eq!((failed.attempt, failed.layer), (3, Some(Layer::Opening)));
    assert!(failed.text.ends_with("The last that the service said was “error: not now”."), "{}", failed.text);
}
