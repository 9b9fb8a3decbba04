//! A session that has grown old makes way for a new one, and every way in which that does not work out.

mod refused;

use std::{
    cell::{Cell, RefCell},
    time::{Duration, SystemTime},
};

use tokio::{net::TcpStream, sync::Notify, time::Instant};
use wsmon_manager::clock::Clock;
use wsmon_model::{Cause, ConnectionOptions, EventKind, Phase};

use super::{
    outcome::Outcome,
    support::{FEED, Monitor, name, soon},
    wire::{CLOSE, FIN, Server, close_frame, frame, read_frame, send, text, until_gone, upgrade},
};

/// The servers of these tests answer no pings, so none are sent.
fn rotating() -> ConnectionOptions {
    ConnectionOptions {
        rotate_after_ms: Some(10_000),
        ping_interval_ms: Some(4_000_000),
        pong_timeout_ms: Some(4_000_000),
        ..ConnectionOptions::default()
    }
}

fn kinds(outcome: &Outcome) -> Vec<EventKind> {
    outcome.events.iter().rev().map(|event| event.kind).filter(|kind| *kind != EventKind::AskedToConnect).collect()
}

/// Waits until something of this kind has happened so often.
async fn until(monitor: &Monitor, kind: EventKind, times: u32) {
    soon(kind.label(), happens(monitor, kind, times)).await;
}

/// The same, however long it takes.
async fn happens(monitor: &Monitor, kind: EventKind, mut times: u32) {
    let mut events = monitor.manager.events();
    while times > 0 {
        times -= u32::from(events.recv().await.expect("events").kind == kind);
    }
}

/// Reads until the client asks to close, and answers.
async fn until_asked_to_close(stream: &mut TcpStream) {
    while read_frame(stream).await.0 != FIN | CLOSE {}
    send(stream, &close_frame(Some(1_000))).await;
}

#[tokio::test(start_paused = true)]
async fn the_new_session_is_open_before_the_old_one_is_closed() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let (said, clients) = (RefCell::new(Vec::new()), Cell::new(0));
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        let client = clients.replace(clients.get() + 1);
        assert_eq!(read_frame(&mut stream).await.1, "hello");
        said.borrow_mut().push(format!("{client} greets"));
        send(&mut stream, &text("welcome")).await;
        until_asked_to_close(&mut stream).await;
        said.borrow_mut().push(format!("{client} leaves"));
    };
    let opening = Some("> hello\n< welcome".to_owned());
    let began = Instant::now();
    let outcome = server.during(script, async {
        let mut handle = monitor.connect(ConnectionOptions { opening, ..rotating() }).await;
        let first = soon("a connection", handle.wait_for(|state| state.phase == Phase::Connected)).await;
        until(&monitor, EventKind::Rotated, 1).await;
        assert!((9..=11).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        let second = handle.state();
        assert_eq!((second.phase, second.failure.clone()), (Phase::Connected, None));
        assert!(second.since > first.since, "it is connected since the new session was opened");
        until(&monitor, EventKind::Rotated, 1).await;
        monitor.outcome().await
    });
    let outcome = outcome.await;
    let said = said.into_inner();
    assert_eq!(said[..5], ["0 greets", "1 greets", "0 leaves", "2 greets", "1 leaves"], "{said:?}");
    assert_eq!(kinds(&outcome), [EventKind::Connected, EventKind::Rotated, EventKind::Rotated]);
    let text = &outcome.events[0].text;
    assert_eq!(text, "A new session was opened before the old one was closed.");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_the_old_one_for_the_new_one_has_rotated_it() {
    for before_the_upgrade in [true, false] {
        let server = Server::start().await;
        let monitor = Monitor::start(&server.base()).await;
        let (clients, replaced, gone) = (Cell::new(0), Notify::new(), Notify::new());
        let script = async |mut stream: TcpStream| {
            let client = clients.replace(clients.get() + 1);
            if client > 0 && before_the_upgrade {
                replaced.notify_one();
                gone.notified().await;
            }
            upgrade(&mut stream).await;
            if client > 0 && !before_the_upgrade {
                replaced.notify_one();
                gone.notified().await;
            }
            tokio::select! {
                () = replaced.notified() => {
                    send(&mut stream, &frame(FIN | CLOSE, &[&u16::to_be_bytes(4_000), &b"replaced"[..]].concat())).await;
                    until_gone(&mut stream).await;
                    gone.notify_one();
                }
                () = until_gone(&mut stream) => {}
            }
        };
        let outcome = server.during(script, async {
            let handle = monitor.connect(rotating()).await;
            until(&monitor, EventKind::Rotated, 2).await;
            assert_eq!(handle.state().phase, Phase::Connected);
            monitor.outcome().await
        });
        let outcome = outcome.await;
        assert_eq!(kinds(&outcome), [EventKind::Connected, EventKind::Rotated, EventKind::Rotated]);
    }
}

/// The old session ends for a reason of its own, and the new one does not come up in time.
#[tokio::test(start_paused = true)]
async fn an_old_session_that_ends_without_a_new_one_is_lost() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let (clients, second) = (Cell::new(0), Notify::new());
    let script = async |mut stream: TcpStream| {
        if clients.replace(clients.get() + 1) > 0 {
            second.notify_one();
            return until_gone(&mut stream).await;
        }
        upgrade(&mut stream).await;
        second.notified().await;
        send(&mut stream, &close_frame(Some(1_001))).await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, monitor.failed(rotating())).await;
    assert_eq!(kinds(&outcome), [EventKind::Connected, EventKind::Disconnected]);
    assert_eq!((outcome.connection.cause, outcome.connection.close_code), (Some(Cause::ClosedByPeer), Some(1_001)));
}

/// Whatever the rotation is about, nothing of it is left after a disconnect.
#[tokio::test(start_paused = true)]
async fn a_disconnect_ends_both_sessions_with_close_frames() {
    for is_closing in [false, true] {
        let server = Server::start().await;
        let monitor = Monitor::start(&server.base()).await;
        let (clients, second, left, gone) = (Cell::new(0), Notify::new(), RefCell::new(Vec::new()), Notify::new());
        let script = async |mut stream: TcpStream| {
            let client = clients.replace(clients.get() + 1);
            upgrade(&mut stream).await;
            read_frame(&mut stream).await;
            if client == 0 || is_closing {
                send(&mut stream, &text("welcome")).await;
            } else {
                second.notify_one();
            }
            // The old one does not answer, so that its close takes its time.
            let (first, _) = read_frame(&mut stream).await;
            left.borrow_mut().push((client, first));
            if client == 1 {
                send(&mut stream, &close_frame(Some(1_000))).await;
            }
            until_gone(&mut stream).await;
            left.borrow_mut().push((client, 0));
            gone.notify_one();
        };
        let opening = Some("> hello\n<30s welcome".to_owned());
        server
            .during(script, async {
                monitor.connect(ConnectionOptions { opening, ..rotating() }).await;
                if is_closing {
                    until(&monitor, EventKind::Rotated, 1).await;
                } else {
                    soon("the second session", second.notified()).await;
                }
                monitor.manager.disconnect(&name(FEED)).await.expect("disconnects");
                assert_eq!(monitor.feed().phase, Phase::Off);
                soon("both to be gone", async {
                    while left.borrow().iter().filter(|(_, first)| *first == 0).count() < 2 {
                        gone.notified().await;
                    }
                })
                .await;
            })
            .await;
        let mut left = left.into_inner();
        left.sort_unstable();
        assert_eq!(left, [(0, 0), (0, FIN | CLOSE), (1, 0), (1, FIN | CLOSE)]);
        assert_eq!(clients.get(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_its_time_of_the_day() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let day = 24 * 60 * 60;
    let of_the_day =
        |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() % day;
    // Noon.
    monitor.clock.set(|now| now - Duration::from_secs(of_the_day(now)) + Duration::from_secs(day / 2));
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        until_asked_to_close(&mut stream).await;
    };
    let options = ConnectionOptions { rotate_window: Some("23:30-00:30".parse().expect("a window")), ..rotating() };
    let began = Instant::now();
    server
        .during(script, async {
            monitor.connect(options).await;
            for _ in 0..2 {
                happens(&monitor, EventKind::Rotated, 1).await;
                let at = of_the_day(monitor.clock.now());
                assert!(at >= day - 1_800 || at < 1_800, "{at}");
            }
        })
        .await;
    // The second follows in the same night, as it is old enough by then.
    assert!((11 * 3_600 + 1_800..14 * 3_600).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
