//! A frame's header: its form, and what it may say.

use super::{FrameError, Limits};

/// What a frame is (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xa,
}

impl Opcode {
    fn of(first: u8) -> Result<Self, FrameError> {
        Ok(match first & 0x0f {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            other => return Err(FrameError::UnknownOpcode(other)),
        })
    }

    /// Whether it is about the connection rather than of a message (section 5.5).
    pub(super) fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

/// A header as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    first: u8,
    is_masked: bool,
    length: u64,
}

/// A frame whose header is in order, and how much of its payload has yet to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    pub(super) is_final: bool,
    pub(super) left: usize,
}

impl Header {
    /// The header that bytes begin with, and how many of them it has; `None` while it is not complete.
    ///
    /// A length need not be in the shortest of its three forms: section 5.2 asks that of who sends it, and nothing
    /// depends on it.
    pub(super) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let [first, second, rest @ ..] = bytes else { return None };
        let (length, extended) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 2),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 8),
            length => (u64::from(length), 0),
        };
        let is_masked = second & 0x80 != 0;
        let size = 2 + extended + if is_masked { 4 } else { 0 };
        (bytes.len() >= size).then_some((Self { first: *first, is_masked, length }, size))
    }

    /// Holds it against the protocol, and its length against what may be sent. `message` is the length of what has
    /// come of a message that is to be continued.
    pub(super) fn check(self, limits: Limits, message: Option<usize>) -> Result<Frame, FrameError> {
        if self.first & 0x70 != 0 {
            return Err(FrameError::ReservedBits);
        }
        let opcode = Opcode::of(self.first)?;
        if self.is_masked {
            return Err(FrameError::Masked);
        }
        let is_final = self.first & 0x80 != 0;
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        match (opcode, message) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) if !is_final => return Err(FrameError::FragmentedControl),
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) if length > 125 => return Err(FrameError::ControlTooBig),
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {}
            (Opcode::Continuation, None) => return Err(FrameError::NothingToContinue),
            (Opcode::Text, Some(_)) => return Err(FrameError::NotContinued("TEXT")),
            (Opcode::Binary, Some(_)) => return Err(FrameError::NotContinued("BINARY")),
            (Opcode::Continuation, Some(_)) | (Opcode::Text | Opcode::Binary, None) => {
                let whole = message.unwrap_or_default().saturating_add(length);
                for (size, most) in [(length, limits.frame), (whole, limits.message)] {
                    if size > most {
                        return Err(FrameError::TooBig { size, most });
                    }
                }
            }
        }
        Ok(Frame { opcode, is_final, left: length })
    }
}

/// A header that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct PartialHeader {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl PartialHeader {
    /// The longest header, in bytes: a length of eight bytes and a mask (section 5.2).
    const LONGEST: usize = 14;

    /// Takes what input has of a header; gives it once it is complete.
    pub(super) fn take(&mut self, input: &mut &[u8]) -> Option<Header> {
        if self.length == 0
            && let Some((header, size)) = Header::parse(input)
        {
            *input = &input[size..];
            return Some(header);
        }
        while let [next, rest @ ..] = *input {
            *input = rest;
            self.bytes[self.length] = *next;
            self.length += 1;
            if let Some((header, _)) = Header::parse(&self.bytes[..self.length]) {
                self.length = 0;
                return Some(header);
            }
        }
        None
    }
}
