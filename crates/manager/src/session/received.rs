//! What a peer has sent, and what that means.

use std::{
    mem::{MaybeUninit, take},
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::Instant,
};
use wsmon_model::PeerText;

use super::{AT_ONCE, CLOSE_TIMEOUT, Ending, READS, Session};
use crate::{
    clock::{Clock, unix_ms},
    failure::Failure,
    frame::{Close, CloseCode, Event},
    message::Message,
    opening::Asked,
    secrets::Secrets,
    state::Shared,
};

/// What came in one turn of reading. Clocks are read when something has come, and what is counted is counted at the end.
struct Turn<'a> {
    shared: &'a Shared,
    clock: &'a dyn Clock,
    now: Option<(Instant, SystemTime)>,
    messages: u64,
    bytes: u64,
    /// Whether any of them brings news.
    is_news: bool,
}

impl Turn<'_> {
    fn now(&mut self) -> (Instant, SystemTime) {
        *self.now.get_or_insert_with(|| (Instant::now(), self.clock.now()))
    }

    fn record(&mut self, bytes: usize, is_news: bool) {
        self.is_news |= is_news;
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    /// Counts what has yet to be counted; when it came, if anything did.
    fn count(&mut self) -> Option<Instant> {
        let (messages, bytes) = (take(&mut self.messages), take(&mut self.bytes));
        if messages == 0 {
            return None;
        }
        let (now, wall) = self.now();
        let is_news = take(&mut self.is_news);
        if is_news {
            self.shared.record_activity(now);
        }
        self.shared.count_received(messages, bytes, is_news.then_some(wall));
        Some(now)
    }

    /// Hands a message to whoever subscribed. It is counted before, so that nobody has a message that is not.
    fn publish(&mut self, message: Message) {
        self.count();
        self.shared.publisher.publish(message);
    }
}

impl Session {
    /// Reads what has come; ready when the connection has ended.
    pub(super) fn poll_read(&mut self, shared: &Shared, clock: &dyn Clock, cx: &mut Context<'_>) -> Poll<Failure> {
        let before = self.last_message;
        let mut turn = Turn { shared, clock, now: None, messages: 0, bytes: 0, is_news: false };
        let end = self.poll_pieces(&mut turn, cx);
        turn.count();
        // What is said in an opening comes as fast as we ask.
        if self.last_message > before && self.opening.is_none() {
            let (now, wall) = turn.now();
            shared.silences.observe(now - before, wall);
        }
        end
    }

    /// Reads piece by piece. They lie on the stack, in room that nobody has written to before: a connection that waits
    /// has no buffer, and reading takes no longer than it has to.
    #[inline(never)]
    fn poll_pieces(&mut self, turn: &mut Turn<'_>, cx: &mut Context<'_>) -> Poll<Failure> {
        let early = take(&mut self.socket.early);
        if !early.is_empty()
            && let Some(failure) = self.receive(&early, turn)
        {
            return Poll::Ready(failure);
        }
        let mut room = [const { MaybeUninit::uninit() }; AT_ONCE];
        let mut piece = ReadBuf::uninit(&mut room[..self.socket.read_at_once.min(AT_ONCE)]);
        for _ in 0..READS {
            if self.ending.is_some() {
                return Poll::Pending;
            }
            piece.clear();
            let failure = match ready!(Pin::new(&mut self.socket.stream).poll_read(cx, &mut piece)) {
                Ok(()) if piece.filled().is_empty() => Some(Failure::Lost { errno: None }),
                Ok(()) => self.receive(piece.filled(), turn),
                Err(error) => Some(Failure::Lost { errno: error.raw_os_error() }),
            };
            if let Some(failure) = failure {
                return Poll::Ready(failure);
            }
        }
        // There may be more.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes a piece of what the peer sends; why the connection ends, if it does.
    fn receive(&mut self, mut piece: &[u8], turn: &mut Turn<'_>) -> Option<Failure> {
        let (now, wall) = turn.now();
        self.heartbeat.record_life();
        drop(self.twin.take_if(|twin| twin.is_over(now)));
        let is_subscribed = turn.shared.publisher.is_subscribed();
        let keep = is_subscribed || self.opening.is_some() || self.agreed.is_some() || self.twin.is_some();
        while self.ending.is_none() {
            let event = match self.socket.decoder.decode(&mut piece, keep) {
                Ok(None) => break,
                Ok(Some(event)) => event,
                Err(error) => return Some(Failure::from_frames(error)),
            };
            let failure = match event {
                Event::Ping(payload) => {
                    self.outbox.pong(&payload);
                    self.pings_received.spend(now)
                }
                Event::Pong(payload) => {
                    if let Some(rtt) = self.heartbeat.answered(&payload, now) {
                        turn.shared.set_rtt(Some(rtt));
                    }
                    self.pings_received.spend(now)
                }
                Event::Close(close) => {
                    self.answer_close(close.as_ref(), now);
                    None
                }
                // Nobody asks what it says.
                message if !keep => {
                    self.last_message = now;
                    turn.record(message.len(), true);
                    None
                }
                message if self.asked(&message) == Asked::Answer => self.answer(now, unix_ms(wall)),
                message => {
                    let answered = match self.asked(&message) {
                        Asked::AnswerBesides => self.answer(now, unix_ms(wall)),
                        _ => None,
                    };
                    let is_news = self.agreed.as_mut().is_none_or(|agreed| agreed.is_news(message.payload()));
                    if is_news {
                        self.last_message = now;
                    }
                    let is_first = self.is_first(&message, now);
                    if is_first {
                        turn.record(message.len(), is_news);
                    }
                    let failure = self.hear(message.payload(), now, unix_ms(wall));
                    if is_subscribed
                        && is_first
                        && let Some(message) = Message::of(message)
                    {
                        turn.publish(message);
                    }
                    answered.or(failure)
                }
            };
            if failure.is_some() {
                return failure;
            }
        }
        None
    }

    /// Whether a message counts: another session of the same connection may have brought it.
    fn is_first(&self, message: &Event<'_>, now: Instant) -> bool {
        match (&self.twin, message) {
            (None, _) | (_, Event::Skipped(_)) => true,
            (Some(twin), message) => twin.takes(message.payload(), now),
        }
    }

    /// Whether a message is a ping of the feed's own making.
    fn asked(&self, message: &Event<'_>) -> Asked {
        self.agreed.as_ref().map_or(Asked::Nothing, |agreed| agreed.asked(message))
    }

    /// Answers a ping of the feed's own making.
    fn answer(&mut self, now: Instant, now_ms: i64) -> Option<Failure> {
        let none = Secrets::default();
        let secrets = self.socket.secrets.as_deref().unwrap_or(&none);
        let answer = self.agreed.as_ref()?.answer(secrets, now_ms)?;
        if !self.outbox.can_hold(answer.len()) {
            let detail = "The answer to the service's text pings is longer than the connection's write buffer";
            return Some(Failure::Options { detail: PeerText::new(detail) });
        }
        self.outbox.push_answer(answer);
        self.pings_received.spend(now)
    }

    /// Answers with the same code, if an endpoint may send it (RFC 6455 section 5.5.1).
    fn answer_close(&mut self, close: Option<&Close>, now: Instant) {
        match close {
            None => self.outbox.close(&[]),
            Some(close) if CloseCode::may_be_sent(close.code) => self.outbox.close(&close.code.to_be_bytes()),
            Some(_) => self.outbox.close(&CloseCode::Protocol.payload()),
        }
        // The reason may repeat a token that the service does not know.
        let told = close.map(|close| Close { code: close.code, reason: self.mask(&close.reason) });
        let failure = Failure::from_close(told.as_ref());
        self.ending = Some(Box::new(Ending { failure, by: now + CLOSE_TIMEOUT }));
    }
}
