//! An open connection: reads frames, answers pings, finds out when the peer is gone.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{
    Message as WsMessage,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{dial::WebSocket, failure::Failure, manager::SendError, message::Message, state::Shared};
use crate::{
    model::{PeerText, TextPing},
    server::clock::Clock,
};

/// Messages that may wait to be sent.
const OUTBOX: usize = 64;

/// The longest header of a frame, in bytes (RFC 6455 section 5.2).
const LONGEST_HEADER: usize = 14;

/// How long a close frame may wait for the peer's own.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How an open connection is watched.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// How often to ping.
    pub(super) ping_interval: Duration,
    /// How long to wait for the pong.
    pub(super) pong_timeout: Duration,
    /// How long without a message before the connection is given up.
    pub(super) recycle_after: Option<Duration>,
    /// A ping inside text messages to be answered.
    pub(super) text_ping: Option<TextPing>,
}

/// Whether a ping is due or a pong awaited.
enum Liveness {
    PingAt(Instant),
    PongBy { sent: Instant, payload: [u8; 8] },
}

pub(super) struct Session {
    socket: WebSocket,
    outbox: VecDeque<WsMessage>,
    unflushed: bool,
    watch: Watch,
    liveness: Liveness,
    last_message: Instant,
    pings: u64,
}

impl Session {
    pub(super) fn new(socket: WebSocket, watch: Watch) -> Self {
        let now = Instant::now();
        let liveness = Liveness::PingAt(now + watch.ping_interval);
        Self { socket, outbox: VecDeque::new(), unflushed: false, watch, liveness, last_message: now, pings: 0 }
    }

    /// Queues a message to be sent.
    pub(super) fn enqueue(&mut self, message: &Message) -> Result<(), SendError> {
        if message.len() + LONGEST_HEADER > self.socket.get_config().max_write_buffer_size {
            return Err(SendError::TooBig);
        }
        if self.outbox.len() >= OUTBOX {
            return Err(SendError::OutboxFull);
        }
        self.outbox.push_back(message.to_frame());
        Ok(())
    }

    /// Holds the connection until it ends, and tells why. Cancel safe: everything that must outlive
    /// a call is in `self`.
    pub(super) async fn run(&mut self, shared: &Shared, clock: &dyn Clock) -> Failure {
        loop {
            let heartbeat = match &self.liveness {
                Liveness::PingAt(at) => *at,
                Liveness::PongBy { sent, .. } => *sent + self.watch.pong_timeout,
            };
            let silent = self.watch.recycle_after.map(|after| self.last_message + after);
            let deadline = silent.map_or(heartbeat, |silent| silent.min(heartbeat));
            tokio::select! {
                frame = poll_fn(|cx| self.poll_frame(shared, cx)) => match frame {
                    Ok(frame) => if let Some(failure) = self.receive(frame, shared, clock).await { return failure },
                    Err(failure) => return failure,
                },
                () = sleep_until(deadline) => if let Some(failure) = self.overdue(heartbeat, deadline) { return failure },
            }
        }
    }

    /// Acts on a deadline: pings, or tells why the connection is given up.
    fn overdue(&mut self, heartbeat: Instant, deadline: Instant) -> Option<Failure> {
        if deadline < heartbeat {
            return self.watch.recycle_after.map(|after| Failure::Silent { after });
        }
        match self.liveness {
            Liveness::PingAt(_) => self.ping(),
            Liveness::PongBy { .. } => return Some(Failure::PongTimeout { after: self.watch.pong_timeout }),
        }
        None
    }

    /// Ends the connection with a close frame and gives the peer a moment to answer it.
    pub(super) async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame { code, reason: "".into() };
        let closing = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // A peer that does not answer is left behind; there is nothing more to say to it.
        let _ = timeout(CLOSE_TIMEOUT, closing).await;
    }

    /// Leaves a connection that failed, with the close frame that says why, if it can leave at once.
    pub(super) fn abandon(mut self, code: CloseCode) {
        let frame = CloseFrame { code, reason: "".into() };
        // A peer that broke the protocol, or does not answer, is not waited for.
        let _ = self.socket.close(Some(frame)).now_or_never();
    }

    fn ping(&mut self) {
        self.pings += 1;
        let payload = self.pings.to_be_bytes();
        self.outbox.push_front(WsMessage::Ping(payload.to_vec().into()));
        self.liveness = Liveness::PongBy { sent: Instant::now(), payload };
    }

    /// Whether a text is a ping of the feed's own making, which is then answered; it brings no news.
    fn answer_text_ping(&mut self, text: &str) -> bool {
        let Some(TextPing { pong, .. }) = self.watch.text_ping.as_ref().filter(|own| own.ping == text) else {
            return false;
        };
        // A peer that asks and does not read must not fill our memory.
        if self.outbox.len() < OUTBOX {
            self.outbox.push_front(WsMessage::text(pong.clone()));
        }
        true
    }

    async fn receive(&mut self, frame: WsMessage, shared: &Shared, clock: &dyn Clock) -> Option<Failure> {
        match &frame {
            WsMessage::Text(text) if self.answer_text_ping(text.as_str()) => {}
            WsMessage::Text(_) | WsMessage::Binary(_) => {
                self.last_message = Instant::now();
                shared.hear(self.last_message);
                shared.count_received(frame.len(), clock.now());
                shared.feed.publish(&frame);
            }
            WsMessage::Pong(received) => {
                if let Liveness::PongBy { sent, payload } = self.liveness
                    && received[..] == payload
                {
                    shared.set_rtt(Some(sent.elapsed()));
                    self.liveness = Liveness::PingAt(sent + self.watch.ping_interval);
                }
            }
            WsMessage::Close(frame) => {
                let failure = closed(frame.as_ref());
                // tungstenite has queued the answering close frame; see that it leaves.
                let _ = timeout(CLOSE_TIMEOUT, self.socket.flush()).await;
                return Some(failure);
            }
            // tungstenite answers pings itself, and hands out raw frames only on request.
            WsMessage::Ping(_) | WsMessage::Frame(_) => {}
        }
        None
    }

    /// Writes what it can of the outbox, then reads a frame, so that a peer that does not read
    /// never keeps us from reading.
    fn poll_frame(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Result<WsMessage, Failure>> {
        let failed = |error| Failure::from_stream(&error);
        let mut socket = Pin::new(&mut self.socket);
        while !self.outbox.is_empty()
            && let Poll::Ready(ready) = socket.as_mut().poll_ready(cx)
        {
            ready.map_err(failed)?;
            if let Some(message) = self.outbox.pop_front() {
                if message.is_text() || message.is_binary() {
                    shared.counts.count_sent(message.len());
                }
                socket.as_mut().start_send(message).map_err(failed)?;
                self.unflushed = true;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = socket.as_mut().poll_flush(cx)
        {
            flushed.map_err(failed)?;
            self.unflushed = false;
        }
        match ready!(socket.poll_next(cx)) {
            Some(frame) => Poll::Ready(frame.map_err(failed)),
            None => Poll::Ready(Err(Failure::Lost)),
        }
    }
}

fn closed(frame: Option<&CloseFrame>) -> Failure {
    Failure::Closed {
        code: frame.map(|frame| frame.code.into()),
        reason: PeerText::new(frame.map_or("", |frame| frame.reason.as_str())),
    }
}
