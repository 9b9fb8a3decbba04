//! An open connection: reads frames, answers pings, finds out when the peer is gone.

mod agreed;
mod close;
mod exchange;
mod liveness;
mod opening;
mod outbox;
mod overlap;
mod received;
mod watch;

use std::{
    future::poll_fn,
    ops::ControlFlow,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::yield_now,
    time::{Instant, Sleep, sleep_until},
};

pub(super) use self::overlap::{Overlap, Side, Twin};
use self::{
    agreed::Agreed,
    liveness::{Beat, Due, Heartbeat, PingBudget},
    opening::Opening,
    outbox::Outbox,
    watch::Watch,
};
use super::{
    config::ManagerConfig, dial::WebSocket, error::SendError, failure::Failure, message::Message,
    options::CheckedOptions, secrets::Secrets, state::Shared,
};
use crate::clock::{Clock, unix_ms};
use wsmon_model::PeerText;

/// How long a close frame may wait for the peer's own, or for its way out.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The most that is read at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// How often a stream is read before it is others' turn: one that always has more must not keep them waiting.
const READS: usize = 8;

/// Why a connection ends whose last frame has still to leave.
struct Ending {
    failure: Failure,
    by: Instant,
}

pub(super) struct Session {
    socket: WebSocket,
    outbox: Outbox,
    watch: Watch,
    heartbeat: Heartbeat,
    pings_received: PingBudget,
    last_message: Instant,
    /// The peer has sent a close frame, and the answer is on its way out. Boxed, as most of the time there is none.
    ending: Option<Box<Ending>>,
    /// What has to be said before the connection counts as open.
    opening: Option<Box<Opening>>,
    /// Boxed, as most feeds need nothing of the kind.
    agreed: Option<Box<Agreed>>,
    /// Another session of the same connection, while one takes the place of the other.
    twin: Option<Box<Twin>>,
}

impl Session {
    pub(super) fn new(socket: WebSocket, options: &CheckedOptions, config: &ManagerConfig) -> Self {
        let (now, watch) = (Instant::now(), Watch::new(options, config));
        let pong_timeout = watch.pong_timeout;
        Self {
            outbox: Outbox::new(socket.longest_sent),
            socket,
            heartbeat: Heartbeat::new(now, watch.ping_interval, watch.pong_timeout),
            pings_received: PingBudget::new(now),
            watch,
            last_message: now,
            ending: None,
            opening: None,
            agreed: Agreed::of(options, pong_timeout, now),
            twin: None,
        }
    }

    /// From now on another session of the same connection may bring the same messages; with `None`, no more.
    pub(super) fn set_twin(&mut self, twin: Option<Box<Twin>>) {
        self.twin = twin;
    }

    /// The other session, if there was one, is gone.
    pub(super) fn outlive_twin(&mut self) {
        if let Some(twin) = &mut self.twin {
            twin.outlive(Instant::now());
        }
    }

    /// Queues a message to be sent.
    pub(super) fn enqueue(&mut self, message: &Message) -> Result<(), SendError> {
        self.outbox.push(message)
    }

    /// Holds the connection until it ends, and tells why; `None` once its opening has ended. Cancel safe: everything that
    /// must outlive a call is in `self`.
    pub(super) async fn run(&mut self, shared: &Shared, clock: &Arc<dyn Clock>) -> Option<Failure> {
        // One timer for all deadlines. Most are put off before they come, so it is set anew when it goes off.
        let mut timer = pin!(sleep_until(self.deadline()));
        let mut is_late = false;
        loop {
            let end = poll_fn(|cx| match self.poll(shared, &**clock, cx) {
                Poll::Ready(failure) => Poll::Ready(ControlFlow::Break(Some(failure))),
                Poll::Pending if self.has_opened() => Poll::Ready(ControlFlow::Break(None)),
                // What has come was read before a deadline is held against the peer.
                Poll::Pending if is_late => Poll::Ready(match self.overdue(shared, &**clock) {
                    Some(failure) => ControlFlow::Break(Some(failure)),
                    None => ControlFlow::Continue(()),
                }),
                Poll::Pending => self.poll_deadline(timer.as_mut(), cx).map(ControlFlow::Continue),
            });
            if let ControlFlow::Break(end) = end.await {
                return end;
            }
            is_late = !is_late;
            if is_late {
                // On a busy machine the timers can be ahead of the sockets, so the runtime gets the chance to find out
                // which of those can be read.
                yield_now().await;
            }
        }
    }

    /// Reads what has come, then writes what the peer takes; ready when the connection has ended.
    fn poll(&mut self, shared: &Shared, clock: &dyn Clock, cx: &mut Context<'_>) -> Poll<Failure> {
        if self.ending.is_none()
            && let Poll::Ready(failure) = self.poll_read(shared, clock, cx)
        {
            return Poll::Ready(failure);
        }
        let sent = self.outbox.poll_send(&mut self.socket.stream, |bytes| shared.counts.count_sent(bytes), cx);
        match &self.ending {
            // It ends the same way if the answer cannot be sent.
            Some(ending) => sent.map(|()| ending.failure.clone()),
            None => Poll::Pending,
        }
    }

    /// Waits for the deadline, wherever that has moved since the timer was set.
    fn poll_deadline(&self, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline();
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// When something is to be done if nothing comes.
    fn deadline(&self) -> Instant {
        if let Some(ending) = &self.ending {
            return ending.by;
        }
        let answer = self.opening.as_ref().map(|opening| opening.at());
        let beat = self.agreed.as_ref().filter(|_| self.opening.is_none()).and_then(|agreed| agreed.at());
        [self.silent_at(), answer, beat].into_iter().flatten().fold(self.heartbeat.at(), Instant::min)
    }

    /// When the connection has brought no message for too long. The opening has deadlines of its own.
    fn silent_at(&self) -> Option<Instant> {
        self.watch.recycle_after.filter(|_| self.opening.is_none()).map(|after| self.last_message + after)
    }

    /// Acts on what is due: pings, or tells why the connection ends.
    fn overdue(&mut self, shared: &Shared, clock: &dyn Clock) -> Option<Failure> {
        let now = Instant::now();
        if let Some(ending) = &self.ending {
            return (ending.by <= now).then(|| ending.failure.clone());
        }
        if let Some(opening) = self.opening.as_mut().filter(|opening| opening.at() <= now) {
            return opening.overdue();
        }
        if self.silent_at().is_some_and(|silent| silent <= now) {
            return self.watch.recycle_after.map(|after| Failure::Silent { after });
        }
        if let Some(failure) = self.beat(now, clock) {
            return Some(failure);
        }
        match self.heartbeat.due(now)? {
            Due::Ping(payload) => self.outbox.ping(payload),
            // It lives, and how long a ping takes now is not known.
            Due::NoPong => shared.set_rtt(None),
            Due::Dead => return Some(Failure::PongTimeout { after: self.watch.pong_timeout }),
        }
        None
    }

    /// Sends a heartbeat of the feed's own if one is due; why the connection ends, if one was not answered.
    fn beat(&mut self, now: Instant, clock: &dyn Clock) -> Option<Failure> {
        let agreed = self.agreed.as_mut().filter(|_| self.opening.is_none())?;
        if agreed.due(now)? == Beat::Unanswered {
            return Some(Failure::HeartbeatTimeout { after: agreed.timeout });
        }
        let none = Secrets::default();
        let secrets = self.socket.secrets.as_deref().unwrap_or(&none);
        let message = agreed.heartbeat(secrets, unix_ms(clock.now()))?;
        // With a full outbox the peer does not read, which its missing answers tell.
        match self.outbox.push(&message) {
            Err(SendError::TooBig) => {
                let detail = "The heartbeat is longer than the connection's write buffer";
                Some(Failure::Options { detail: PeerText::new(detail) })
            }
            _ => None,
        }
    }
}
