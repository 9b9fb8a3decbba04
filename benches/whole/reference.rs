//! What the program is held against: clients of the same service that do as little as possible, and tungstenite as
//! it comes. Each is a process of its own that holds the same connections and reads the same messages.

use std::{
    io::{self, BufRead},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_tungstenite::client_async;

use crate::child::Role;

/// What this program is started with to be such a client, before the word for which.
pub const ARGUMENT: &str = "--client";

/// As many handshakes at once as the program has under way.
const AT_ONCE: usize = 256;

/// A frame's header of two bytes and what a flood sends in it, which is how the floor counts messages.
const FLOODED: u64 = 2 + 64;

/// The two ends of the scale.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A task with a TCP socket, which reads and forgets: nothing that holds a connection can cost less.
    Bare,
    /// A task with tungstenite's client in its default configuration.
    Tungstenite,
}

impl Kind {
    pub const BOTH: [Self; 2] = [Self::Bare, Self::Tungstenite];

    fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Tungstenite => "tungstenite",
        }
    }

    /// Starts it.
    pub fn start(self) -> Reference {
        Reference(Role::start(&[ARGUMENT, self.word()]))
    }
}

/// A running client.
pub struct Reference(Role);

impl Reference {
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Opens that many connections more; returns once all are open.
    pub fn connect(&mut self, address: SocketAddr, count: u32) {
        self.0.ask::<u64>(&format!("connect {address} {count}"));
    }

    /// Messages read so far.
    pub fn received(&mut self) -> u64 {
        self.0.ask("received")
    }
}

/// Is such a client, until standard input ends.
pub fn hold(word: &str) {
    let kind = Kind::BOTH.into_iter().find(|kind| kind.word() == word).expect("a kind of client");
    let runtime = Runtime::new().expect("a runtime");
    let received = Arc::new(AtomicU64::default());
    for order in io::stdin().lock().lines() {
        let order = order.expect("text");
        if let Some(rest) = order.strip_prefix("connect ") {
            let (address, count) = rest.split_once(' ').expect("an address and a number");
            let address = address.parse().expect("an address");
            runtime.block_on(connect(kind, address, count.parse().expect("a number"), &received));
        }
        let read = received.load(Relaxed);
        println!("{}", if kind == Kind::Bare { read / FLOODED } else { read });
    }
    runtime.shutdown_background();
}

async fn connect(kind: Kind, address: SocketAddr, count: u32, received: &Arc<AtomicU64>) {
    let (places, open) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(AtomicU32::default()));
    for _ in 0..count {
        let place = Arc::clone(&places).acquire_owned().await.expect("open");
        let dialing = Dialing { address, open: Arc::clone(&open), _place: place };
        let received = Arc::clone(received);
        match kind {
            Kind::Bare => drop(tokio::spawn(bare(dialing, received))),
            Kind::Tungstenite => drop(tokio::spawn(tungstenite(dialing, received))),
        }
    }
    let all = u32::try_from(AT_ONCE).expect("few");
    let _all = places.acquire_many(all).await.expect("open");
    assert_eq!(open.load(Relaxed), count, "all are open");
}

/// What a connection needs until it is open.
struct Dialing {
    address: SocketAddr,
    open: Arc<AtomicU32>,
    _place: OwnedSemaphorePermit,
}

impl Dialing {
    async fn stream(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.expect("connects");
        stream.set_nodelay(true).expect("possible");
        stream
    }

    fn done(self) {
        self.open.fetch_add(1, Relaxed);
    }
}

async fn bare(dialing: Dialing, received: Arc<AtomicU64>) {
    let mut stream = dialing.stream().await;
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("writable");
    let mut answer = Vec::with_capacity(512);
    while !answer.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.expect("an answer"), 0, "it hung up");
    }
    drop(answer);
    dialing.done();
    while stream.readable().await.is_ok() {
        // Lent for the moment: a task that waits has none.
        let mut buffer = Vec::with_capacity(64 * 1_024);
        match stream.try_read_buf(&mut buffer) {
            Ok(0) => return,
            Ok(count) => drop(received.fetch_add(count as u64, Relaxed)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

async fn tungstenite(dialing: Dialing, received: Arc<AtomicU64>) {
    let (mut socket, _) = client_async("ws://localhost/", dialing.stream().await).await.expect("accepts");
    dialing.done();
    // A task of its own, as the one that has opened the connection is larger than one that reads.
    tokio::spawn(async move {
        while let Some(Ok(_)) = socket.next().await {
            received.fetch_add(1, Relaxed);
        }
    });
}
