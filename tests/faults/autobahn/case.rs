//! A case: what the server sends, and what has to come of it.

use wsmon_manager::Message;

use crate::wire::{CLOSE, FIN, PING, PONG, frame};

/// How the server writes its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    AtOnce,
    ByFrame,
    /// In pieces of that many octets.
    Chopped(usize),
}

/// How the connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not by the case itself; then the server closes it.
    Open,
    /// By the server's close frame, which the client answers with this code.
    Closed(Option<u16>),
    /// By the client, with this code.
    Failed(u16),
}

#[derive(Debug)]
pub struct Case {
    /// Its number in the suite.
    pub id: String,
    pub frames: Vec<Vec<u8>>,
    pub write: Write,
    /// What has to come to a subscriber.
    pub messages: Vec<Message>,
    /// The payloads of the pings that have to be answered.
    pub pings: Vec<Vec<u8>>,
    pub end: End,
    /// Whether it is a close frame of the server's by which it ends, also where the client finds fault with it.
    closed: bool,
}

impl Case {
    /// A case in which the server sends frames.
    pub fn new(id: impl Into<String>, frames: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let (id, frames) = (id.into(), frames.into_iter().collect());
        let (messages, pings) = (Vec::new(), Vec::new());
        Self { id, frames, write: Write::AtOnce, messages, pings, end: End::Open, closed: true }
    }

    pub fn write(self, write: Write) -> Self {
        Self { write, ..self }
    }

    /// These messages have to come.
    pub fn brings(self, messages: impl IntoIterator<Item = Message>) -> Self {
        Self { messages: messages.into_iter().collect(), ..self }
    }

    /// These pings have to be answered.
    pub fn pings(self, pings: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { pings: pings.into_iter().collect(), ..self }
    }

    /// The client answers the server's close frame with this code.
    pub fn closes(self, code: impl Into<Option<u16>>) -> Self {
        Self { end: End::Closed(code.into()), ..self }
    }

    /// The client ends the connection with this code.
    pub fn fails(self, code: u16) -> Self {
        Self { end: End::Failed(code), closed: false, ..self }
    }

    /// Whether the server's close frame is what ends it.
    pub fn ends_in_order(&self) -> bool {
        self.closed
    }
}

pub fn ping(payload: &[u8]) -> Vec<u8> {
    frame(FIN | PING, payload)
}

pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(FIN | PONG, payload)
}

/// A close frame with a code and a reason.
pub fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}
