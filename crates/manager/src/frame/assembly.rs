//! A message that comes in pieces.

use std::{borrow::Cow, sync::Arc};

use super::{Event, FrameError, header::Opcode, utf8::Utf8};
use crate::in_flight::{InFlight, Share};

/// A message of which something has come, and something is to come.
#[derive(Debug)]
pub(super) struct Assembly {
    pub(super) length: usize,
    /// Follows a text.
    utf8: Option<Utf8>,
    /// What has come, if anybody wants it.
    kept: Option<Kept>,
}

/// What is kept of a message, and its share of what may be.
#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    share: Share,
}

impl Assembly {
    /// A message that begins; its pieces are kept in a share of `in_flight`, if there is one.
    pub(super) fn new(opcode: Opcode, in_flight: Option<&Arc<InFlight>>) -> Self {
        let kept = in_flight.map(|in_flight| Kept { bytes: Vec::new(), share: in_flight.share() });
        Self { length: 0, utf8: (opcode == Opcode::Text).then(Utf8::default), kept }
    }

    /// Takes the next piece of a message that has at most so many bytes.
    pub(super) fn extend(&mut self, piece: &[u8], most: usize) -> Result<(), FrameError> {
        if let Some(utf8) = &mut self.utf8 {
            utf8.follow(piece)?;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend(piece, most)?;
        }
        self.length += piece.len();
        Ok(())
    }

    /// The whole message.
    pub(super) fn complete(self) -> Result<Event<'static>, FrameError> {
        if self.utf8.as_ref().is_some_and(|utf8| !utf8.is_between_characters()) {
            return Err(FrameError::InvalidText);
        }
        Ok(match (self.kept, self.utf8) {
            (None, _) => Event::Skipped(self.length),
            (Some(kept), None) => Event::Binary(Cow::Owned(kept.bytes)),
            (Some(kept), Some(_)) => {
                let text = String::from_utf8(kept.bytes).map_err(|_| FrameError::InvalidText)?;
                Event::Text(Cow::Owned(text))
            }
        })
    }
}

impl Kept {
    /// Memory grows with what comes, never by what a header promises.
    fn extend(&mut self, piece: &[u8], most: usize) -> Result<(), FrameError> {
        let (length, capacity) = (self.bytes.len() + piece.len(), self.bytes.capacity());
        if length > capacity {
            let capacity = (2 * capacity).min(most).max(length);
            self.share.grow_to(capacity)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}
