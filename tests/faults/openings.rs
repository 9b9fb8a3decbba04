//! What is exchanged before a connection counts as open, and every way in which that fails.

use std::{cell::RefCell, fs, num::NonZeroU32, path::Path, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};
use wsmon_manager::{ManagerConfig, SecretsDir, Tcp};
use wsmon_model::{Cause, ConnectionOptions, Layer, OpeningFault, PeerText, Phase, Stage, Status};

use super::{
    outcome::{Expected, Outcome},
    support::{FEED, Monitor, fault_with, name, soon},
    wire::{CLOSE, FIN, PING, PONG, Server, TEXT, close_frame, frame, read_frame, send, text, until_gone, upgrade},
};

fn opening(script: &str) -> ConnectionOptions {
    ConnectionOptions { opening: Some(script.to_owned()), ..ConnectionOptions::default() }
}

const HELLO: &str = "> hello\n<3s ^welcome (?<name>\\w+)\n> ${name} subscribes";

/// What comes of a server that reads the hello and then follows a script.
async fn after_hello(script: impl AsyncFn(&mut TcpStream)) -> Outcome {
    let outcome = fault_with(opening(HELLO), async |mut stream| {
        upgrade(&mut stream).await;
        assert_eq!(read_frame(&mut stream).await, (FIN | TEXT, "hello".to_owned()));
        script(&mut stream).await;
    });
    outcome.await
}

fn fault_of(outcome: &Outcome) -> OpeningFault {
    outcome.evidence.as_ref().and_then(|evidence| evidence.opening.clone()).expect("an opening's fault")
}

#[tokio::test(start_paused = true)]
async fn it_is_connecting_until_the_opening_has_ended() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let said = RefCell::new(Vec::new());
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        let frame_said = read_frame(&mut stream).await;
        said.borrow_mut().push(frame_said);
        send(&mut stream, &frame(FIN | PING, b"p")).await;
        let frame_said = read_frame(&mut stream).await;
        said.borrow_mut().push(frame_said);
        assert_eq!(monitor.feed().status(), Status::Connecting);
        // Together, as a service may send them that does not wait.
        send(&mut stream, &[text("news"), text("welcome ann"), text("more")].concat()).await;
        let frame_said = read_frame(&mut stream).await;
        said.borrow_mut().push(frame_said);
        until_gone(&mut stream).await;
    };
    let rest = async {
        let mut handle = monitor.connect(opening(HELLO)).await;
        soon("a connection", handle.wait_for(|state| state.phase == Phase::Connected)).await;
        soon("the last message", async {
            while said.borrow().len() < 3 {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        monitor.feed()
    };
    let feed = server.during(script, rest).await;
    let expected = [(FIN | TEXT, "hello"), (FIN | PONG, "p"), (FIN | TEXT, "ann subscribes")];
    assert_eq!(*said.borrow(), expected.map(|(first, text)| (first, text.to_owned())));
    assert_eq!(feed.messages_received, 3, "those of the opening count as others do");
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time() {
    let outcome = after_hello(async |stream| until_gone(stream).await).await;
    let text = "Step 2 of the opening failed (waiting for a message that matches “^welcome (?<name>\\w+)”): no message \
                came within 3 s. Check";
    outcome.check(&Expected::waiting(Cause::OpeningFailed, text));
    assert_eq!(outcome.connection.layer, Some(Layer::Opening));
    let attempt = outcome.evidence.expect("evidence").attempt.expect("an attempt");
    assert_eq!(attempt.stage, Stage::Opening);
    assert!(attempt.opening_ms.is_some_and(|ms| (3_000..3_010).contains(&ms)), "{attempt:?}");
}

#[tokio::test(start_paused = true)]
async fn another_answer() {
    let outcome = after_hello(async |stream| {
        send(stream, &text("error: who are you?")).await;
        until_gone(stream).await;
    })
    .await;
    let text = "no such message came within 3 s. The last that the service said was “error: who are you?”.";
    outcome.check(&Expected::waiting(Cause::OpeningFailed, text));
    assert_eq!(fault_of(&outcome).instead, Some(PeerText::new("error: who are you?")));
}

#[tokio::test(start_paused = true)]
async fn a_close_instead_of_an_answer() {
    let outcome = after_hello(async |stream| {
        send(stream, &text("error: no")).await;
        send(stream, &frame(FIN | CLOSE, &[&u16::to_be_bytes(4_401), &b"sign in"[..]].concat())).await;
        until_gone(stream).await;
    })
    .await;
    let text = "“^welcome (?<name>\\w+)”): the service closed the connection: 4401, “sign in”.";
    outcome.check(&Expected::waiting(Cause::OpeningFailed, text).code(Some(4_401)));
    let shown = outcome.connection.cause_text.unwrap_or_default();
    assert!(shown.ends_with(" The last that the service said was “error: no”."), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_protocol_is_told_as_that() {
    let outcome = after_hello(async |stream| {
        send(stream, &frame(FIN | 0x3, b"")).await;
        until_gone(stream).await;
    })
    .await;
    assert_eq!(outcome.connection.cause, Some(Cause::ProtocolError), "{:?}", outcome.connection.cause_text);
}

/// The answer is cut after each of its bytes, in order and by a reset.
#[tokio::test(start_paused = true)]
async fn a_cut_at_every_byte_is_explained() {
    let answer = [text("error: no"), close_frame(Some(1_008))].concat();
    for cut in 0..answer.len() {
        for is_reset in [false, true] {
            let outcome = after_hello(async |stream| {
                send(stream, &answer[..cut]).await;
                if is_reset {
                    stream.set_zero_linger().expect("SO_LINGER");
                }
            })
            .await;
            let shown = &outcome.connection;
            assert_eq!((shown.cause, shown.layer), (Some(Cause::OpeningFailed), Some(Layer::Opening)), "{cut}");
            let words = shown.cause_text.as_deref().unwrap_or_default();
            assert!(words.contains("the connection was cut without a close frame"), "{cut}: {words}");
            // A reset may take what came before it along.
            if !is_reset {
                assert_eq!(fault_of(&outcome).instead.is_some(), cut >= text("error: no").len(), "{cut}: {words}");
            }
        }
    }
}

/// While one opening hangs others connect, and an administrator can end it: with a close frame.
#[tokio::test(start_paused = true)]
async fn a_hanging_opening_holds_up_nobody_and_can_be_ended() {
    let server = Server::start().await;
    let one_at_a_time = |config: &mut ManagerConfig, _: &Path| config.gate.in_flight = NonZeroU32::MIN;
    let monitor = Monitor::start_with(Tcp, &server.base(), one_at_a_time).await;
    let left = RefCell::new(None);
    let script = async |mut stream: TcpStream| {
        let request = upgrade(&mut stream).await;
        if request.contains("/data-feed ") {
            let first = read_frame(&mut stream).await.0;
            *left.borrow_mut() = Some(first);
        }
        until_gone(&mut stream).await;
    };
    let rest = async {
        let mut hanging = monitor.connect(opening("<300s never")).await;
        soon("the opening", hanging.wait_for(|state| state.phase == Phase::Connecting)).await;
        let began = Instant::now();
        let mut other = monitor.manager.connect(&name("other"), None).await.expect("connects");
        soon("another", other.wait_for(|state| state.phase == Phase::Connected)).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(monitor.feed().status(), Status::Connecting);
        monitor.manager.disconnect(&name(FEED)).await.expect("disconnects");
        soon("its close frame", async {
            while left.borrow().is_none() {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    };
    server.during(script, rest).await;
    assert_eq!(left.into_inner(), Some(FIN | CLOSE));
}

#[tokio::test(start_paused = true)]
async fn its_secrets_are_sent_and_told_to_nobody() {
    let server = Server::start().await;
    let secrets_here = |config: &mut ManagerConfig, directory: &Path| {
        config.secrets_dir = Some(SecretsDir::new(directory).expect("a directory"));
    };
    let monitor = Monitor::start_with(Tcp, &server.base(), secrets_here).await;
    fs::write(monitor.directory().join("token"), "s3cret-t0ken\n").expect("written");
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        assert_eq!(read_frame(&mut stream).await.1, "auth s3cret-t0ken");
        send(&mut stream, &text("unknown: s3cret-t0ken")).await;
        send(&mut stream, &frame(FIN | CLOSE, &[&u16::to_be_bytes(4_001), &b"s3cret-t0ken"[..]].concat())).await;
        until_gone(&mut stream).await;
    };
    let options = opening("> auth ${secret:file:token}\n< ok");
    let outcome = server.during(script, monitor.failed(options)).await;
    assert_eq!(outcome.connection.cause, Some(Cause::OpeningFailed));
    let told = format!("{outcome:?}");
    assert!(!told.contains("s3cret") && told.contains("unknown: ••••••"), "{told}");
}
