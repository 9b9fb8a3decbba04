//! Connections that look open and bring nothing, or bring too much, and subscribers that take nothing.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncReadExt, DuplexStream, ReadBuf, duplex, join, split},
    net::TcpStream,
    sync::{Notify, mpsc},
    task::yield_now,
    time::{advance, sleep},
};
use wsmon_manager::{BoxStream, Message, RecvError, Transport};
use wsmon_model::{Cause, ConnectionOptions, EventKind, Status};

use super::{
    outcome::Expected,
    support::{FEED, Monitor, fault, fault_with, name, soon},
    wire::{FIN, PING, PONG, Server, TEXT, frame, send, until_gone, upgrade},
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

/// A pong can be late behind other messages, and a peer that sends them is not dead.
#[tokio::test(start_paused = true)]
async fn messages_are_a_sign_of_life() {
    let outcome = fault(async |mut stream| {
        upgrade(&mut stream).await;
        for _ in 0..8 {
            sleep(Duration::from_secs(5)).await;
            send(&mut stream, &frame(FIN | TEXT, b"news")).await;
        }
        until_gone(&mut stream).await;
    })
    .await;
    let text = "The server did not answer a ping within 10 s, although the connection looked open.";
    outcome.check(&Expected::waiting(Cause::PongTimeout, text).once_open());
    let opened = outcome.events.iter().find(|event| event.kind == EventKind::Connected).expect("it was open");
    let held_ms = outcome.connection.since_ms - opened.at_ms;
    assert!((55_000..55_100).contains(&held_ms), "the last message at 40 s, the next ping at 45 s, not {held_ms} ms");
}

/// The test's clock jumps beyond the deadline between the pong's arrival and its reading.
#[tokio::test(start_paused = true)]
async fn a_pong_that_waits_to_be_read_is_in_time() {
    const PINGS: usize = 30;
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    let answered = Notify::new();
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        for _ in 0..PINGS {
            let mut ping = [0; 14];
            stream.read_exact(&mut ping).await.expect("a ping");
            let [_, _, mask @ .., _, _, _, _, _, _, _, _] = ping;
            let payload: Vec<u8> = ping[6..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            send(&mut stream, &frame(FIN | PONG, &payload)).await;
            advance(Duration::from_secs(11)).await;
        }
        answered.notify_one();
        until_gone(&mut stream).await;
    };
    let rest = async {
        tokio::select! {
            () = answered.notified() => {}
            ended = handle.wait_for(|state| state.failure.is_some()) => panic!("{ended:?}"),
        }
        assert_eq!(monitor.feed().status(), Status::Connected);
        assert!(monitor.feed().rtt_ms.is_some());
    };
    server.during(script, rest).await;
}

#[tokio::test(start_paused = true)]
async fn flood_of_pings() {
    for kind in [PING, PONG] {
        let outcome = fault(async |mut stream| {
            upgrade(&mut stream).await;
            send(&mut stream, &frame(FIN | kind, b"").repeat(20_000)).await;
            until_gone(&mut stream).await;
        })
        .await;
        let text = "The server flooded the connection: it went on sending more than 100 pings or pongs a second.";
        outcome.check(&Expected::waiting(Cause::ProtocolError, text).once_open());
    }
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
        assert_eq!(monitor.feed().stale(), None);
        sleep(Duration::from_secs(5)).await;
        assert_eq!(monitor.feed().stale(), None, "it may be silent as long as that");
        sleep(Duration::from_millis(1)).await;
        monitor.feed()
    };
    let shown = server.during(silent, shown).await;
    let (silence, since_ms) = shown.stale().expect("stale");
    assert_eq!((silence.is_configured, silence.longest.as_str()), (true, "at most 5 s by its options"));
    assert_eq!(since_ms, shown.since_ms, "since it was opened");
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

/// A stream that always has another message.
struct Endless;

impl AsyncRead for Endless {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while buffer.remaining() >= 4 {
            buffer.put_slice(&[FIN | TEXT, 2, b'h', b'i']);
        }
        Poll::Ready(Ok(()))
    }
}

/// Streams that always have another message, once the server's end, which the test gets, is dropped.
struct Flood(mpsc::UnboundedSender<DuplexStream>);

impl Transport for Flood {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(vec![([127, 0, 0, 1], port).into()]) })
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        let (near, far) = duplex(1_024);
        self.0.send(far).expect("the test listens");
        let (read, write) = split(near);
        Box::pin(async move { Ok(Box::new(join(read.chain(Endless), write)) as BoxStream) })
    }
}

/// On one thread: if reading never stopped, nothing else would ever run.
#[tokio::test]
async fn a_flood_keeps_nobody_waiting() {
    let (sender, mut clients) = mpsc::unbounded_channel();
    let monitor = Monitor::start_on(Flood(sender), "ws://upstream.invalid/ws/").await;
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    let mut far = soon("a client", clients.recv()).await.expect("a client");
    upgrade(&mut far).await;
    drop(far);
    assert_eq!(soon("connected", handle.settled()).await.phase.status(), Status::Connected);
    while monitor.feed().messages_received < 1_000_000 {
        yield_now().await;
    }
    // Nor does it keep a connection from being closed.
    soon("disconnected", monitor.manager.disconnect(&name(FEED))).await.expect("disconnects");
}
