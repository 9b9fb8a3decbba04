//! The frames of an open WebSocket (RFC 6455 section 5), as its client reads and writes them. Pure: bytes in, events
//! out, and the other way round.
//!
//! A decoder holds nothing while no frame is under way, and of one that is no more than has come of it. What comes in
//! one piece is handed on where it lies.

mod assembly;
mod close_code;
mod decoder;
mod encoder;
mod error;
mod event;
mod header;
mod utf8;

#[cfg(test)]
mod tests;

pub(super) use self::{
    close_code::CloseCode,
    decoder::Decoder,
    encoder::{LONGEST_HEADER, encode},
    error::FrameError,
    event::{Close, Event},
    header::Opcode,
};

/// The most that a peer may send, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// One frame's payload.
    pub(super) frame: usize,
    /// One message's payload.
    pub(super) message: usize,
}
