//! The rules of RFC 6455 section 5, and what holds for all byte streams.

mod differential;
mod rules;
mod streams;

use std::sync::Arc;

use super::{Decoder, Event, FrameError, Limits};
use crate::in_flight::InFlight;

/// Bits and opcodes of a frame's first byte.
const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

const LIMITS: Limits = Limits { frame: 300, message: 1_000 };

/// A server's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&header(first, payload.len()), payload].concat()
}

/// The header of a server's frame.
fn header(first: u8, length: usize) -> Vec<u8> {
    match length {
        0..=125 => vec![first, u8::try_from(length).expect("short")],
        126..=65_535 => [&[first, 126][..], &u16::try_from(length).expect("short").to_be_bytes()].concat(),
        _ => [&[first, 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

fn decoder() -> Decoder {
    Decoder::new(LIMITS, InFlight::new(usize::MAX))
}

/// An event without a loan.
fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Text(text) => Event::Text(text.into_owned().into()),
        Event::Binary(bytes) => Event::Binary(bytes.into_owned().into()),
        Event::Skipped(length) => Event::Skipped(length),
        Event::Ping(payload) => Event::Ping(payload.into_owned().into()),
        Event::Pong(payload) => Event::Pong(payload.into_owned().into()),
        Event::Close(close) => Event::Close(close),
    }
}

/// What a decoder makes of pieces, up to a close frame, and why it reads no further.
fn decoded<'a>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    keep: bool,
) -> (Vec<Event<'static>>, Option<FrameError>) {
    let mut events = Vec::new();
    for mut piece in pieces {
        loop {
            match decoder.decode(&mut piece, keep) {
                Ok(None) => break,
                Ok(Some(event)) => events.push(owned(event)),
                Err(error) => return (events, Some(error)),
            }
            if let Some(Event::Close(_)) = events.last() {
                return (events, None);
            }
        }
    }
    (events, None)
}

/// The same of bytes that come at once.
fn decoded_at_once(bytes: &[u8]) -> (Vec<Event<'static>>, Option<FrameError>) {
    decoded(&mut decoder(), [bytes], true)
}

fn text(text: &str) -> Event<'static> {
    Event::Text(text.to_owned().into())
}

fn binary(bytes: &[u8]) -> Event<'static> {
    Event::Binary(bytes.to_vec().into())
}

fn in_flight(most: usize) -> (Arc<InFlight>, Decoder) {
    let in_flight = InFlight::new(most);
    (Arc::clone(&in_flight), Decoder::new(LIMITS, in_flight))
}
