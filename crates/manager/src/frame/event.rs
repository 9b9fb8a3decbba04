//! What a peer has sent.

use std::borrow::Cow;

/// What a peer has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    Text(Cow<'a, str>),
    Binary(Cow<'a, [u8]>),
    /// A message of so many bytes that came in pieces, of which none was kept.
    Skipped(usize),
    Ping(Cow<'a, [u8]>),
    Pong(Cow<'a, [u8]>),
    /// Nothing that follows it counts (RFC 6455 section 5.5.1).
    Close(Option<Close>),
}

impl Event<'_> {
    /// The payload, as far as it was kept.
    pub(crate) fn payload(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes,
            Self::Skipped(_) | Self::Close(_) => &[],
        }
    }

    /// The length of its payload, of a message in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Skipped(length) => *length,
            Self::Close(_) => 0,
        }
    }
}

/// What a close frame says, where it is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    /// As it was sent, also where no peer may.
    pub(crate) code: u16,
    pub(crate) reason: String,
}
