//! What is to be sent, and what of it is on its way.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;

use crate::{
    error::SendError,
    frame::{LONGEST_HEADER, Opcode, encode},
    message::Message,
};

/// Messages that may wait to be sent.
const MESSAGES: usize = 64;

/// What is to be sent. A frame is made when the one before it has left, so only one is in memory; nothing is while
/// nothing waits.
#[derive(Debug)]
pub(super) struct Outbox {
    /// The frame on its way, and how much of it has left.
    frame: Vec<u8>,
    left: usize,
    is_flushed: bool,
    control: Control,
    messages: VecDeque<Message>,
    /// The longest frame of a message, in bytes.
    longest: usize,
    /// Writing has failed. That is not told: whoever waits learns of the end by reading, where a close frame may wait.
    is_deaf: bool,
}

/// Control frames that wait, before all messages.
#[derive(Debug, Default)]
struct Control {
    /// The answer to the newest ping: older ones need none (RFC 6455 section 5.5.3).
    pong: Option<Box<[u8]>>,
    ping: Option<[u8; 8]>,
    close: Close,
}

/// Our own close frame, after which nothing is sent (section 5.5.1).
#[derive(Debug, Default)]
enum Close {
    #[default]
    Open,
    /// With this payload.
    Waits(Vec<u8>),
    /// With this payload, after what waits.
    Last(Vec<u8>),
    Sent,
}

impl Outbox {
    /// An outbox for messages whose frames have at most so many bytes.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            frame: Vec::new(),
            left: 0,
            is_flushed: true,
            control: Control::default(),
            messages: VecDeque::new(),
            longest,
            is_deaf: false,
        }
    }

    /// Queues a message behind the others.
    pub(super) fn push(&mut self, message: &Message) -> Result<(), SendError> {
        if !matches!(self.control.close, Close::Open) {
            return Err(SendError::NotConnected);
        }
        if !self.can_hold(message.len()) {
            return Err(SendError::TooBig);
        }
        if self.messages.len() >= MESSAGES {
            return Err(SendError::OutboxFull);
        }
        self.messages.push_back(message.clone());
        Ok(())
    }

    /// Queues a message before the others, if there is a place: a peer that asks and does not read must not fill our
    /// memory.
    pub(super) fn push_answer(&mut self, answer: Message) {
        if self.messages.len() < MESSAGES {
            self.messages.push_front(answer);
        }
    }

    /// Whether a message of that length can be sent.
    pub(super) fn can_hold(&self, length: usize) -> bool {
        length + LONGEST_HEADER <= self.longest
    }

    pub(super) fn ping(&mut self, payload: [u8; 8]) {
        self.control.ping = Some(payload);
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.control.pong = Some(payload.into());
    }

    /// Queues a close frame, before everything else.
    pub(super) fn close(&mut self, payload: &[u8]) {
        if matches!(self.control.close, Close::Open | Close::Last(_)) {
            self.control.close = Close::Waits(payload.to_vec());
        }
    }

    /// Queues a close frame behind everything else.
    pub(super) fn close_after_all(&mut self, payload: &[u8]) {
        if matches!(self.control.close, Close::Open) {
            self.control.close = Close::Last(payload.to_vec());
        }
    }

    /// Sends what the peer takes of it, and tells the length of each message. Ready once all has left, or none can
    /// leave any more.
    pub(super) fn poll_send(
        &mut self,
        mut stream: impl AsyncWrite + Unpin,
        mut sends: impl FnMut(usize),
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        while !self.is_deaf {
            if self.left < self.frame.len() {
                match ready!(Pin::new(&mut stream).poll_write(cx, &self.frame[self.left..])) {
                    Ok(written @ 1..) => self.left += written,
                    Ok(0) | Err(_) => self.is_deaf = true,
                }
                self.is_flushed = false;
            } else if !self.is_flushed {
                self.is_deaf = ready!(Pin::new(&mut stream).poll_flush(cx)).is_err();
                self.is_flushed = true;
            } else if !self.next(&mut sends) {
                break;
            }
        }
        Poll::Ready(())
    }

    /// Makes the next frame; false if there is none.
    fn next(&mut self, sends: &mut impl FnMut(usize)) -> bool {
        (self.frame, self.left) = (Vec::new(), 0);
        let mut send = |opcode, payload: &[u8]| encode(&mut self.frame, opcode, payload, rand::random());
        let control = &mut self.control;
        if let Close::Waits(payload) = &control.close {
            send(Opcode::Close, payload);
            control.close = Close::Sent;
        } else if matches!(control.close, Close::Sent) {
            return false;
        } else if let Some(payload) = control.pong.take() {
            send(Opcode::Pong, &payload);
        } else if let Some(payload) = control.ping.take() {
            send(Opcode::Ping, &payload);
        } else if let Some(message) = self.messages.pop_front() {
            let (opcode, payload) = message.as_frame();
            send(opcode, payload);
            sends(payload.len());
        } else if let Close::Last(payload) = &control.close {
            send(Opcode::Close, payload);
            control.close = Close::Sent;
        } else {
            self.messages = VecDeque::new();
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// The opcodes of what is sent at once. Its frames are short, and masked (RFC 6455 section 5.2).
    fn sent(outbox: &mut Outbox) -> Vec<u8> {
        let mut bytes = Vec::new();
        let is_sent = outbox.poll_send(&mut bytes, |_| {}, &mut Context::from_waker(Waker::noop()));
        assert!(is_sent.is_ready());
        let (mut rest, mut opcodes) = (&bytes[..], Vec::new());
        while let [first, length, ..] = rest {
            opcodes.push(first & 0xf);
            rest = &rest[2 + 4 + usize::from(length & 0x7f)..];
        }
        opcodes
    }

    #[test]
    fn a_close_frame_leaves_before_what_waits_or_behind_it_and_nothing_after_it() {
        let (text, close, ping) = (1, 8, 9);
        for (is_last, opcodes) in [(false, vec![close]), (true, vec![ping, text, text, close])] {
            let mut outbox = Outbox::new(1_024);
            for _ in 0..2 {
                outbox.push(&Message::text("news")).expect("room");
            }
            outbox.ping([0; 8]);
            if is_last {
                outbox.close_after_all(&[]);
            } else {
                outbox.close(&[]);
            }
            assert_eq!(outbox.push(&Message::text("late")), Err(SendError::NotConnected));
            assert_eq!(sent(&mut outbox), opcodes);
            outbox.ping([0; 8]);
            outbox.close(&[]);
            assert_eq!(sent(&mut outbox), Vec::<u8>::new());
        }
    }
}
