//! The clients of a service, and what is sent to them.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, watch},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config,
    tungstenite::{Bytes, Message, protocol::WebSocketConfig},
};

/// Messages that a flood writes at once.
const AT_ONCE: u64 = 1_000;

/// Messages as they are on the wire, made once: a service whose own work per message is next to nothing leaves the
/// processors to the program.
#[derive(Clone)]
pub struct Flood(Bytes);

impl Flood {
    /// Unmasked binary messages (RFC 6455 section 5.2) of that size, each one frame.
    pub fn of(bytes: usize) -> Self {
        let length =
            u8::try_from(bytes).ok().filter(|length| *length < 126).expect("a frame with a header of two bytes");
        let frame: Vec<u8> = [0x82, length].into_iter().chain(std::iter::repeat_n(b'x', bytes)).collect();
        Self(Bytes::from(frame.repeat(usize::try_from(AT_ONCE).expect("few"))))
    }
}

/// What all clients share.
pub struct Hub {
    clients: Mutex<Vec<mpsc::UnboundedSender<Bytes>>>,
    next: AtomicUsize,
    flood: watch::Sender<Option<Flood>>,
    /// Clients that write messages of a flood.
    flooding: watch::Sender<usize>,
    /// Single messages that are to be written.
    queued: watch::Sender<usize>,
    /// Messages written, over all clients.
    pub sent: AtomicU64,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            clients: Mutex::default(),
            next: AtomicUsize::default(),
            flood: watch::Sender::new(None),
            flooding: watch::Sender::new(0),
            queued: watch::Sender::new(0),
            sent: AtomicU64::default(),
        }
    }
}

impl Hub {
    /// Sends every client a message, and waits until all are written.
    pub async fn send_each(&self, bytes: usize) {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let message = Bytes::from(vec![b'x'; bytes]);
        for client in clients {
            self.queue(&client, message.clone());
        }
        self.queued.subscribe().wait_for(|queued| *queued == 0).await.expect("it is there");
    }

    /// Sends the next so many clients a message each.
    pub fn send_next(&self, count: usize) {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..count {
            let index = self.next.fetch_add(1, Relaxed) % clients.len();
            self.queue(&clients[index], Bytes::from_static(&[b'x'; 64]));
        }
    }

    fn queue(&self, client: &mpsc::UnboundedSender<Bytes>, message: Bytes) {
        if client.send(message).is_ok() {
            self.queued.send_modify(|queued| *queued += 1);
        }
    }

    /// Begins or ends a flood; an end is waited for.
    pub async fn flood(&self, flood: Option<Flood>) {
        let ends = flood.is_none();
        self.flood.send_replace(flood);
        if ends {
            self.flooding.subscribe().wait_for(|flooding| *flooding == 0).await.expect("it is there");
        }
    }

    /// Accepts a client's upgrade and holds the connection until the client leaves.
    pub async fn hold<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let config = WebSocketConfig::default().read_buffer_size(4 * 1_024).write_buffer_size(0);
        let Ok(mut socket) = accept_async_with_config(stream, Some(config)).await else { return };
        let (sender, mut queue) = mpsc::unbounded_channel();
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        self.serve(&mut socket, &mut queue).await;
        // Nobody waits for what is not written any more.
        queue.close();
        while queue.recv().await.is_some() {
            self.queued.send_modify(|queued| *queued -= 1);
        }
    }

    /// Reads, answers pings and sends what is to be sent; none once the client has left.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: &mut WebSocketStream<S>,
        queue: &mut mpsc::UnboundedReceiver<Bytes>,
    ) -> Option<()> {
        let mut floods = self.flood.subscribe();
        loop {
            let flood = floods.borrow_and_update().clone();
            if let Some(flood) = flood {
                self.flooding.send_modify(|flooding| *flooding += 1);
                let written = self.write_flood(socket, &flood, &floods).await;
                self.flooding.send_modify(|flooding| *flooding -= 1);
                written?;
                continue;
            }
            tokio::select! {
                frame = socket.next() => drop(frame?.ok()?),
                Some(message) = queue.recv() => {
                    let sent = socket.send(Message::Binary(message)).await;
                    self.queued.send_modify(|queued| *queued -= 1);
                    sent.ok()?;
                    self.sent.fetch_add(1, Relaxed);
                }
                changed = floods.changed() => changed.ok()?,
            }
        }
    }

    /// Writes whole batches until the flood ends, and answers pings between them; none if the client has left.
    async fn write_flood<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: &mut WebSocketStream<S>,
        Flood(batch): &Flood,
        floods: &watch::Receiver<Option<Flood>>,
    ) -> Option<()> {
        while floods.borrow().is_some() {
            while let Some(frame) = socket.next().now_or_never() {
                frame?.ok()?;
            }
            // What tungstenite has begun to write, such as a pong, comes before anything that goes around it.
            socket.flush().await.ok()?;
            socket.get_mut().write_all(batch).await.ok()?;
            self.sent.fetch_add(AT_ONCE, Relaxed);
        }
        Some(())
    }
}
