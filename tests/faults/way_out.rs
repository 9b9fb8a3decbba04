//! Servers that do not read what they are sent, over a pipe that holds little.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, DuplexStream, duplex},
    net::TcpStream,
    sync::{Notify, mpsc},
};
use wsmon_manager::{BoxStream, ConnectionHandle, Message, SendError, Transport};
use wsmon_model::{Cause, ConnectionOptions, Limits, Phase, TextPing};

use super::{
    outcome::Expected,
    support::{FEED, Monitor, name, soon},
    wire::{FIN, PING, PONG, Server, TEXT, close_frame, frame, send, upgrade},
};

/// What the pipe holds in each direction, in bytes.
const CAPACITY: usize = 64;

/// Hands the far end of each connection to the test.
struct Pipes(mpsc::UnboundedSender<DuplexStream>);

impl Transport for Pipes {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(vec![([127, 0, 0, 1], port).into()]) })
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        let (near, far) = duplex(CAPACITY);
        self.0.send(far).expect("the test listens");
        Box::pin(async move { Ok(Box::new(near) as BoxStream) })
    }
}

/// A connection that is up, and the server's end of it.
struct Open {
    monitor: Monitor,
    handle: ConnectionHandle,
    far: DuplexStream,
    _clients: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Open {
    async fn with(options: ConnectionOptions) -> Self {
        let (sender, mut clients) = mpsc::unbounded_channel();
        let monitor = Monitor::start_on(Pipes(sender), "ws://upstream.invalid/ws/").await;
        let mut handle = monitor.connect(options).await;
        let mut far = soon("a client", clients.recv()).await.expect("a client");
        upgrade(&mut far).await;
        assert_eq!(soon("connected", handle.settled()).await.phase, Phase::Connected);
        Self { monitor, handle, far, _clients: clients }
    }

    async fn send(&self, length: usize) -> Result<(), SendError> {
        self.monitor.manager.send(&name(FEED), Message::text("x".repeat(length))).await
    }

    /// Sends until nothing more is taken.
    async fn fill(&self) {
        while self.send(100).await.is_ok() {}
        assert_eq!(self.send(100).await, Err(SendError::OutboxFull));
    }

    async fn check(mut self, expected: &Expected) {
        soon("the end", self.handle.wait_for(|state| state.failure.is_some())).await;
        self.monitor.outcome().await.check(expected);
    }
}

fn closed() -> Expected {
    Expected::waiting(Cause::ClosedByPeer, "The server closed the connection: 4097.").code(Some(4097)).once_open()
}

#[tokio::test(start_paused = true)]
async fn a_close_is_told_although_commands_arrive_before_its_answer_has_left() {
    let mut open = Open::with(ConnectionOptions::default()).await;
    open.fill().await;
    send(&mut open.far, &close_frame(Some(4097))).await;
    for _ in 0..100 {
        open.send(100).await.expect_err("nothing more is taken");
    }
    let (end, _) = duplex(1);
    drop(std::mem::replace(&mut open.far, end));
    open.check(&closed()).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_is_told_although_the_server_is_gone_when_it_is_read() {
    let mut open = Open::with(ConnectionOptions::default()).await;
    open.fill().await;
    send(&mut open.far, &close_frame(Some(4097))).await;
    let (end, _) = duplex(1);
    drop(std::mem::replace(&mut open.far, end));
    open.check(&closed()).await;
}

/// Over TCP, where the end is a reset because the server has not read everything.
#[tokio::test(start_paused = true)]
async fn a_close_is_told_although_a_reset_follows_it() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let full = Notify::new();
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        full.notified().await;
        send(&mut stream, &close_frame(Some(4097))).await;
    };
    let rest = async {
        let mut handle = monitor.connect(ConnectionOptions::default()).await;
        soon("connected", handle.settled()).await;
        while monitor.manager.send(&name(FEED), Message::text("x".repeat(100_000))).await.is_ok() {}
        full.notify_one();
        soon("the end", handle.wait_for(|state| state.failure.is_some())).await;
    };
    server.during(script, rest).await;
    monitor.outcome().await.check(&closed());
}

#[tokio::test(start_paused = true)]
async fn pongs_that_wait_leave_room_for_the_largest_message() {
    const BUFFER: u32 = 1_024;
    const LARGEST: usize = 1_010;
    let limits = Limits { write_buffer: Some(BUFFER), ..Limits::default() };
    let mut open = Open::with(ConnectionOptions { limits, ..ConnectionOptions::default() }).await;
    for _ in 0..10 {
        send(&mut open.far, &frame(FIN | PING, &[b'.'; 125])).await;
    }
    open.send(LARGEST).await.expect("there is room");
    let mut pongs = 0;
    let length = loop {
        let (first, length) = soon("a frame", sent(&mut open.far)).await;
        if first == FIN | TEXT {
            break length;
        }
        assert_eq!((first, length), (FIN | PONG, 125));
        pongs += 1;
    };
    assert_eq!(length, LARGEST);
    assert!((1..=10).contains(&pongs), "{pongs}");
    assert_eq!(open.handle.state().phase, Phase::Connected);
}

/// Reads a frame of the client's: its first byte and the length of its payload.
async fn sent(far: &mut DuplexStream) -> (u8, usize) {
    let first = far.read_u8().await.expect("a frame");
    let length = match far.read_u8().await.expect("a length") & 0x7f {
        126 => usize::from(far.read_u16().await.expect("a length")),
        length => usize::from(length),
    };
    far.read_exact(&mut vec![0; 4 + length]).await.expect("a mask and a payload");
    (first, length)
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_text_pings_that_is_too_long_is_a_fault_of_the_options() {
    let limits = Limits { write_buffer: Some(1_024), ..Limits::default() };
    let text_ping = Some(TextPing { ping: "ping".to_owned(), pong: "x".repeat(1_024) });
    let mut open = Open::with(ConnectionOptions { limits, text_ping, ..ConnectionOptions::default() }).await;
    send(&mut open.far, &frame(FIN | TEXT, b"ping")).await;
    let text = "The answer to the service's text pings is longer than the connection's write buffer. \
                Check the connection's options.";
    open.check(&Expected::blocked(Cause::InvalidOptions, text).once_open()).await;
}
