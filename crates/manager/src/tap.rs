//! The byte stream below tungstenite, which tells what tungstenite keeps to itself.
//!
//! - tungstenite gives a close code that it does not know, or that must not be sent, as 1002. It does
//!   not know 1014 (bad gateway), which is registered.
//! - tungstenite reads past the head of the answer to the upgrade, and of a refusal drops the stream with what it has read.
//!   So what comes with the head is held back until it is read for itself.
//! - tungstenite writes before it reads, and stops at the first error. When a peer sends a close frame and
//!   then resets the connection, the write fails and the close frame would never be read.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::dial::BoxStream;

/// The opcode of a close frame (RFC 6455 section 5.2).
const CLOSE: u8 = 0x8;

/// The longest header of a frame, in bytes.
const LONGEST_HEADER: usize = 14;

/// A byte stream on its way to tungstenite.
pub(super) struct Tap {
    stream: BoxStream,
    inbound: Inbound,
    /// What came with the head of the answer, and has not been read yet.
    held_back: Vec<u8>,
    /// Writing has failed. The end is told where it is read.
    deaf: bool,
}

impl Tap {
    pub(super) fn new(stream: BoxStream) -> Self {
        Self { stream, inbound: Inbound::default(), held_back: Vec::new(), deaf: false }
    }

    /// The code and the reason of the close frame that has been read, as the peer sent them.
    pub(super) fn close_frame(&self) -> Option<(u16, &[u8])> {
        match self.inbound.close[..] {
            [high, low, ref reason @ ..] => Some((u16::from_be_bytes([high, low]), reason)),
            _ => None,
        }
    }

    /// Whether the peer takes nothing any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.deaf
    }

    /// Of an open connection it is not told that writing failed: whoever waits learns of the end by reading.
    fn written<T>(&mut self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let is_open = !matches!(self.inbound.place, Place::Head { .. });
        if is_open && matches!(written, Poll::Ready(Err(_))) {
            self.deaf = true;
            return Poll::Pending;
        }
        written
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.held_back.is_empty() {
            let count = buffer.remaining().min(self.held_back.len());
            buffer.put_slice(&self.held_back[..count]);
            self.held_back.drain(..count);
            if self.held_back.is_empty() {
                // An open connection has no use for it.
                self.held_back = Vec::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = &buffer.filled()[before..];
        if let Some(head) = self.inbound.follow(read) {
            self.held_back = read[head..].to_vec();
            buffer.set_filled(before + head);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.deaf {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.deaf {
            return Poll::Pending;
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Follows the frames in what is read, to keep the payload of a close frame.
#[derive(Default)]
struct Inbound {
    place: Place,
    header: [u8; LONGEST_HEADER],
    /// How much of the header has come.
    length: usize,
    /// The payload of a close frame; at most 125 bytes.
    close: Vec<u8>,
}

/// What the next byte belongs to.
enum Place {
    /// The answer to the upgrade request, and whether its present line is empty so far.
    Head { empty_line: bool },
    /// A frame's header.
    Header,
    /// A frame's payload, of which this much is to come.
    Payload { left: u64, close: bool },
}

impl Default for Place {
    fn default() -> Self {
        Self::Head { empty_line: false }
    }
}

impl Inbound {
    /// Follows what was read; gives the length of the answer's head in it, if that ends there.
    fn follow(&mut self, bytes: &[u8]) -> Option<usize> {
        let Place::Head { empty_line } = &mut self.place else {
            self.follow_frames(bytes);
            return None;
        };
        let ends_head = |&byte: &u8| {
            let is_end = byte == b'\n' && *empty_line;
            *empty_line = byte == b'\n' || byte == b'\r' && *empty_line;
            is_end
        };
        let head = bytes.iter().position(ends_head)? + 1;
        self.place = Place::Header;
        self.follow_frames(&bytes[head..]);
        Some(head)
    }

    fn follow_frames(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            match &mut self.place {
                Place::Head { .. } => return,
                Place::Header => {
                    bytes = rest;
                    self.header[self.length] = *first;
                    self.length += 1;
                    if let Some(payload) = payload(&self.header[..self.length]) {
                        self.length = 0;
                        self.place = payload;
                    }
                }
                Place::Payload { left, close } => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    let (payload, rest) = bytes.split_at(here);
                    bytes = rest;
                    if *close {
                        self.close.extend(payload);
                    }
                    *left -= here as u64;
                    if *left == 0 {
                        self.place = Place::Header;
                    }
                }
            }
        }
    }
}

/// What follows a frame's header; none if it is not complete.
fn payload(header: &[u8]) -> Option<Place> {
    let [first, second, rest @ ..] = header else { return None };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if rest.len() < extended + mask {
        return None;
    }
    let length = rest[..extended].iter().fold(0, |length: u64, &byte| length << 8 | u64::from(byte));
    let left = if extended == 0 { u64::from(second & 0x7f) } else { length };
    // tungstenite ends the connection at a control frame that is masked or longer than 125 bytes.
    let close = first & 0x0f == CLOSE && mask + extended == 0;
    Some(if left == 0 { Place::Header } else { Place::Payload { left, close } })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

    /// What is kept of these frames, whatever pieces they come in.
    #[track_caller]
    fn kept(frames: &[&[u8]], close: &[u8]) {
        let bytes = [HEAD, &frames.concat()].concat();
        for size in [1, 2, 3, 7, bytes.len()] {
            let mut inbound = Inbound::default();
            let heads = bytes.chunks(size).filter_map(|piece| inbound.follow(piece));
            assert_eq!(heads.count(), 1, "in pieces of {size}");
            assert_eq!(inbound.close, close, "in pieces of {size}");
        }
    }

    #[test]
    fn a_close_frames_payload_is_kept_wherever_it_comes() {
        let close = b"\x88\x05\x03\xf6bye";
        kept(&[close], b"\x03\xf6bye");
        kept(&[b"\x81\x02hi", b"\x89\x00", close], b"\x03\xf6bye");
        let long = [&b"\x82\x7e\x01\x00"[..], &[0x88; 256]].concat();
        kept(&[&long, close, b"\x81\x02hi"], b"\x03\xf6bye");
        let longer = [&b"\x82\x7f\0\0\0\0\0\x01\x00\x00"[..], &[0x88; 65_536]].concat();
        kept(&[&longer, close], b"\x03\xf6bye");
        kept(&[b"\x82\x83mask\x88\x02\x03", close], b"\x03\xf6bye");
    }

    #[test]
    fn nothing_is_kept_of_other_frames() {
        kept(&[b"\x81\x06\x88\x02\x03\xf6\x88\x02", b"\x88\x00", b"\x8a\x02\x88\x02"], b"");
    }

    #[tokio::test]
    async fn what_comes_with_the_head_is_read_after_it() {
        for room in [1, 5, 64 * 1024] {
            let mut tap =
                Tap::new(Box::new(tokio::io::join([HEAD, b"\x81\x02hi\x88\x00"].concat().leak() as &[u8], Vec::new())));
            let mut head = vec![0; 64 * 1024];
            assert_eq!(tap.read(&mut head).await.expect("a head"), HEAD.len());
            let mut rest = Vec::new();
            let mut piece = vec![0; room];
            while let count @ 1.. = tap.read(&mut piece).await.expect("the rest") {
                rest.extend_from_slice(&piece[..count]);
            }
            assert_eq!(rest, b"\x81\x02hi\x88\x00", "{room} bytes at once");
            assert_eq!(tap.held_back.capacity(), 0);
        }
    }
}
