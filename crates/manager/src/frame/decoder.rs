//! From bytes to what they say.

use std::{borrow::Cow, mem, str::from_utf8, sync::Arc};

use super::{
    Close, Event, FrameError, Limits,
    assembly::Assembly,
    header::{Frame, Opcode, PartialHeader},
};
use crate::in_flight::InFlight;

/// Reads the frames of a server.
#[derive(Debug)]
pub(crate) struct Decoder {
    limits: Limits,
    in_flight: Arc<InFlight>,
    header: PartialHeader,
    /// The frame whose payload is to come.
    frame: Option<Frame>,
    /// What has come of a control frame.
    control: Vec<u8>,
    /// The message that is to be continued. Boxed, as most of the time there is none.
    pub(super) message: Option<Box<Assembly>>,
}

impl Decoder {
    pub(crate) fn new(limits: Limits, in_flight: Arc<InFlight>) -> Self {
        Self { limits, in_flight, header: PartialHeader::default(), frame: None, control: Vec::new(), message: None }
    }

    /// The next event in what has come, which is taken from it; `None` once it is used up. Of a message that begins
    /// here and comes in pieces, these are kept only if `keep` says so.
    pub(crate) fn decode<'a>(&mut self, input: &mut &'a [u8], keep: bool) -> Result<Option<Event<'a>>, FrameError> {
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.header.take(input) {
                    Some(header) => header.check(self.limits, self.message.as_ref().map(|message| message.length))?,
                    None => return Ok(None),
                },
            };
            let (piece, rest) = input.split_at(frame.left.min(input.len()));
            *input = rest;
            let left = frame.left - piece.len();
            if piece.is_empty() && left > 0 {
                self.frame = Some(frame);
                return Ok(None);
            }
            let event = if frame.opcode.is_control() {
                self.control_piece(frame.opcode, piece, left)?
            } else {
                self.data_piece(frame, piece, left, keep)?
            };
            if left > 0 {
                self.frame = Some(Frame { left, ..frame });
                return Ok(None);
            }
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn control_piece<'a>(
        &mut self,
        opcode: Opcode,
        piece: &'a [u8],
        left: usize,
    ) -> Result<Option<Event<'a>>, FrameError> {
        if left > 0 || !self.control.is_empty() {
            self.control.extend_from_slice(piece);
        }
        if left > 0 {
            return Ok(None);
        }
        let payload =
            if self.control.is_empty() { Cow::Borrowed(piece) } else { Cow::Owned(mem::take(&mut self.control)) };
        Ok(Some(match opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => Event::Close(close(&payload)?),
        }))
    }

    fn data_piece<'a>(
        &mut self,
        frame: Frame,
        piece: &'a [u8],
        left: usize,
        keep: bool,
    ) -> Result<Option<Event<'a>>, FrameError> {
        if self.message.is_none() && frame.is_final && left == 0 {
            return whole(frame.opcode, piece).map(Some);
        }
        let in_flight = keep.then_some(&self.in_flight);
        let message = self.message.get_or_insert_with(|| Box::new(Assembly::new(frame.opcode, in_flight)));
        let most = if frame.is_final { message.length + frame.left } else { self.limits.message };
        message.extend(piece, most)?;
        if frame.is_final && left == 0 {
            self.message.take().map(|message| message.complete()).transpose()
        } else {
            Ok(None)
        }
    }
}

/// A message that has come in one piece.
fn whole(opcode: Opcode, payload: &[u8]) -> Result<Event<'_>, FrameError> {
    Ok(match opcode {
        Opcode::Text => Event::Text(Cow::Borrowed(from_utf8(payload).map_err(|_| FrameError::InvalidText)?)),
        _ => Event::Binary(Cow::Borrowed(payload)),
    })
}

/// A close frame's payload (section 5.5.1).
fn close(payload: &[u8]) -> Result<Option<Close>, FrameError> {
    match payload {
        [] => Ok(None),
        [_] => Err(FrameError::ShortClose),
        [high, low, reason @ ..] => {
            let reason = from_utf8(reason).map_err(|_| FrameError::InvalidText)?.to_owned();
            Ok(Some(Close { code: u16::from_be_bytes([*high, *low]), reason }))
        }
    }
}
