//! An open connection: reads frames, answers pings, finds out when the peer is gone.

mod liveness;
mod watch;

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{FutureExt, Sink, SinkExt, Stream};
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{
    Message as WsMessage,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use self::liveness::{Due, Heartbeat, PingBudget};
pub(super) use self::watch::Watch;
use super::{dial::WebSocket, error::SendError, failure::Failure, message::Message, state::Shared};
use crate::clock::Clock;
use wsmon_model::{PeerText, TextPing};

/// Messages that may wait to be sent.
const OUTBOX: usize = 64;

/// The longest header of a frame, in bytes (RFC 6455 section 5.2).
const LONGEST_HEADER: usize = 14;

/// How long a close frame may wait for the peer's own, or for its way out.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection ends whose last frame has still to leave.
struct Ending {
    failure: Failure,
    by: Instant,
}

pub(super) struct Session {
    socket: WebSocket,
    outbox: VecDeque<WsMessage>,
    unflushed: bool,
    watch: Watch,
    heartbeat: Heartbeat,
    pings_received: PingBudget,
    last_message: Instant,
    /// The peer has sent a close frame, and the answer is on its way out.
    ending: Option<Ending>,
}

impl Session {
    pub(super) fn new(socket: WebSocket, watch: Watch) -> Self {
        let now = Instant::now();
        Self {
            socket,
            outbox: VecDeque::new(),
            unflushed: false,
            heartbeat: Heartbeat::new(now, watch.ping_interval, watch.pong_timeout),
            pings_received: PingBudget::new(now),
            watch,
            last_message: now,
            ending: None,
        }
    }

    /// Queues a message to be sent.
    pub(super) fn enqueue(&mut self, message: &Message) -> Result<(), SendError> {
        if self.ending.is_some() {
            return Err(SendError::NotConnected);
        }
        if !self.can_hold(message.len()) {
            return Err(SendError::TooBig);
        }
        if self.outbox.len() >= OUTBOX {
            return Err(SendError::OutboxFull);
        }
        self.outbox.push_back(message.to_frame());
        Ok(())
    }

    /// Whether the write buffer can hold a message of that length.
    fn can_hold(&self, length: usize) -> bool {
        length + LONGEST_HEADER <= self.socket.get_config().max_write_buffer_size
    }

    /// Holds the connection until it ends, and tells why. Cancel safe: everything that must outlive
    /// a call is in `self`.
    pub(super) async fn run(&mut self, shared: &Shared, clock: &Arc<dyn Clock>) -> Failure {
        loop {
            let deadline = self.deadline();
            let frame = tokio::select! {
                // What has come is read before a deadline is held against the peer.
                biased;
                frame = poll_fn(|cx| self.poll_frame(shared, cx)) => Some(frame),
                () = sleep_until(deadline) => self.look_again(shared).await,
            };
            let failure = match frame {
                Some(Ok(frame)) => self.receive(&frame, shared, &**clock),
                Some(Err(failure)) => Some(failure),
                None => self.overdue(shared),
            };
            if let Some(failure) = failure {
                return failure;
            }
        }
    }

    /// What has come although a deadline has passed. On a busy machine the timers can be ahead of the
    /// sockets, so the runtime gets the chance to find out which of those can be read.
    async fn look_again(&mut self, shared: &Shared) -> Option<Result<WsMessage, Failure>> {
        yield_now().await;
        poll_fn(|cx| match self.poll_frame(shared, cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// When something is to be done if nothing comes.
    fn deadline(&self) -> Instant {
        if let Some(ending) = &self.ending {
            return ending.by;
        }
        self.silent_at().map_or(self.heartbeat.at(), |silent| silent.min(self.heartbeat.at()))
    }

    /// When the connection has brought no message for too long.
    fn silent_at(&self) -> Option<Instant> {
        self.watch.recycle_after.map(|after| self.last_message + after)
    }

    /// Acts on a deadline that has passed and nothing to read: pings, or tells why the connection ends.
    fn overdue(&mut self, shared: &Shared) -> Option<Failure> {
        if let Some(ending) = self.ending.take() {
            return Some(ending.failure);
        }
        let now = Instant::now();
        if self.silent_at().is_some_and(|silent| silent <= now) {
            return self.watch.recycle_after.map(|after| Failure::Silent { after });
        }
        self.beat(now, shared)
    }

    /// Pings when it is time to, and tells when the peer has shown no life for too long.
    fn beat(&mut self, now: Instant, shared: &Shared) -> Option<Failure> {
        match self.heartbeat.due(now)? {
            Due::Ping(payload) => self.outbox.push_front(WsMessage::Ping(payload.to_vec().into())),
            // It lives, and how long a ping takes now is not known.
            Due::NoPong => shared.set_rtt(None),
            Due::Dead => return Some(Failure::PongTimeout { after: self.watch.pong_timeout }),
        }
        None
    }

    /// Ends the connection with a close frame and gives the peer a moment to answer it.
    pub(super) async fn close(mut self, code: CloseCode) {
        let mut frame = Some(WsMessage::Close(Some(CloseFrame { code, reason: "".into() })));
        let closing = poll_fn(|cx| {
            let mut socket = Pin::new(&mut self.socket);
            while socket.as_mut().poll_flush(cx).is_ready()
                && let Some(frame) = frame.take()
            {
                // What cannot be sent any more is no news: the peer is gone, which reading tells.
                let _ = socket.as_mut().start_send(frame);
            }
            while let Some(Ok(_)) = ready!(socket.as_mut().poll_next(cx)) {}
            Poll::Ready(())
        });
        // A peer that does not answer is left behind; there is nothing more to say to it.
        let _ = timeout(CLOSE_TIMEOUT, closing).await;
    }

    /// Leaves a connection that failed, with the close frame that says why, if it can leave at once.
    pub(super) fn abandon(mut self, code: CloseCode) {
        let frame = CloseFrame { code, reason: "".into() };
        // A peer that broke the protocol, or does not answer, is not waited for.
        let _ = self.socket.send(WsMessage::Close(Some(frame))).now_or_never();
    }

    fn receive(&mut self, frame: &WsMessage, shared: &Shared, clock: &dyn Clock) -> Option<Failure> {
        let now = Instant::now();
        self.heartbeat.record_frame();
        match frame {
            WsMessage::Text(text) if self.is_text_ping(text.as_str()) => {
                return self.answer_text_ping().or_else(|| self.pings_received.spend(now));
            }
            WsMessage::Text(_) | WsMessage::Binary(_) => {
                self.last_message = now;
                shared.record_activity(now);
                shared.count_received(frame.len(), clock.now());
                shared.publisher.publish(frame);
            }
            WsMessage::Pong(payload) => {
                if let Some(rtt) = self.heartbeat.answered(payload, now) {
                    shared.set_rtt(Some(rtt));
                }
                return self.pings_received.spend(now);
            }
            // tungstenite answers it, with the next write.
            WsMessage::Ping(_) => return self.pings_received.spend(now),
            WsMessage::Close(frame) => {
                let failure = closed(frame.as_ref(), self.socket.get_ref().close_frame());
                // tungstenite has queued the answering close frame.
                self.ending = Some(Ending { failure, by: now + CLOSE_TIMEOUT });
                return None;
            }
            // Handed out only on request.
            WsMessage::Frame(_) => {}
        }
        // While messages come without a pause, no timer is asked.
        self.beat(now, shared)
    }

    /// Whether a text is a ping of the feed's own making, which brings no news.
    fn is_text_ping(&self, text: &str) -> bool {
        self.watch.text_ping.as_ref().is_some_and(|own| own.ping == text)
    }

    fn answer_text_ping(&mut self) -> Option<Failure> {
        let TextPing { pong, .. } = self.watch.text_ping.as_ref()?;
        if !self.can_hold(pong.len()) {
            let detail = "The answer to the service's text pings is longer than the connection's write buffer";
            return Some(Failure::Options { detail: PeerText::new(detail) });
        }
        // A peer that asks and does not read must not fill our memory.
        if self.outbox.len() < OUTBOX {
            self.outbox.push_front(WsMessage::text(pong.clone()));
        }
        None
    }

    /// Writes what it can of the outbox, then reads a frame, so that a peer that does not read
    /// never keeps us from reading.
    fn poll_frame(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Result<WsMessage, Failure>> {
        if let Some(ending) = &self.ending {
            if !self.socket.get_ref().is_deaf() {
                // It ends the same way if the answer cannot be sent.
                let _ = ready!(Pin::new(&mut self.socket).poll_flush(cx));
            }
            return Poll::Ready(Err(ending.failure.clone()));
        }
        self.poll_write(shared, cx)?;
        match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
            Some(frame) => Poll::Ready(frame.map_err(|error| Failure::from_stream(&error))),
            None => Poll::Ready(Err(Failure::Lost { errno: None })),
        }
    }

    /// Writes what it can of the outbox.
    fn poll_write(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Result<(), Failure> {
        let mut socket = Pin::new(&mut self.socket);
        while self.unflushed || !self.outbox.is_empty() {
            // Only an empty buffer is sure to have room for any message: the pongs that tungstenite
            // queues by itself are in it too.
            let Poll::Ready(flushed) = socket.as_mut().poll_flush(cx) else { return Ok(()) };
            flushed.map_err(|error| Failure::from_stream(&error))?;
            self.unflushed = false;
            if let Some(message) = self.outbox.pop_front() {
                if message.is_text() || message.is_binary() {
                    shared.counts.count_sent(message.len());
                }
                socket.as_mut().start_send(message).map_err(|error| Failure::from_stream(&error))?;
                self.unflushed = true;
            }
        }
        Ok(())
    }
}

/// Why a close frame ends the connection. tungstenite replaces a code that it does not know, or that must
/// not be sent, by 1002; then what was sent counts.
fn closed(frame: Option<&CloseFrame>, sent: Option<(u16, &[u8])>) -> Failure {
    if let Some((code, reason)) = sent
        && !CloseCode::from(code).is_allowed()
    {
        return Failure::Closed { code: Some(code), reason: PeerText::new(&String::from_utf8_lossy(reason)) };
    }
    Failure::Closed {
        code: frame.map(|frame| frame.code.into()),
        reason: PeerText::new(frame.map_or("", |frame| frame.reason.as_str())),
    }
}
