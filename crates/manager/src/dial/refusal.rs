//! An upgrade that the server refused: the answer, and as much of its body as explains it.

use std::{
    str::from_utf8,
    time::{Duration, SystemTime},
};

use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{Instant, timeout_at},
};
use wsmon_model::{HttpAnswer, PeerText};

use super::{answer::Answer, socket_limit::Place, transport::BoxStream};
use crate::{failure::Failure, secrets::Secrets};

/// How long a body is waited for. Most come with their head.
const BODY_WAIT: Duration = Duration::from_millis(250);

/// The most that is read of a body with its framing, in bytes.
const MOST_READ: usize = 1_024;

/// An answer with another status than 101, whose body has yet to be read.
pub(super) struct Refusal {
    /// What was sent, not to be told.
    pub(super) secrets: Secrets,
    pub(super) answer: Answer,
    /// What came with the head of the answer.
    pub(super) early: Vec<u8>,
    pub(super) stream: BoxStream,
    /// Held until the body has been read.
    pub(super) _place: Place,
}

impl Refusal {
    /// Reads the beginning of the body, unless that takes too long, and tells what was answered at `now`.
    pub(super) async fn read(self, deadline: Instant, now: SystemTime) -> Failure {
        let Answer { status, mut headers, .. } = self.answer;
        let framing = Framing::of(&headers);
        let by = deadline.min(Instant::now() + BODY_WAIT);
        let body = beginning(&mut self.early.as_slice().chain(self.stream), framing, by).await;
        let words: Vec<_> = body.split_whitespace().collect();
        let body = self.secrets.mask(&words.join(" "));
        // What it repeats of us, it may repeat there as well.
        if let Some(location) = headers.get_mut(LOCATION) {
            let masked = self.secrets.mask(&String::from_utf8_lossy(location.as_bytes()));
            *location = HeaderValue::from_bytes(masked.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static(""));
        }
        Failure::from_answer(status, &headers, PeerText::new(&body), now)
    }
}

/// How a body's end is told (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Chunked,
    Length(usize),
    UntilClosed,
}

impl Framing {
    fn of(headers: &HeaderMap) -> Self {
        if headers.contains_key(TRANSFER_ENCODING) {
            return Self::Chunked;
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
        length.map_or(Self::UntilClosed, Self::Length)
    }

    /// What has come of the body.
    fn content(self, read: &[u8]) -> Vec<u8> {
        match self {
            Self::Chunked => unchunked(read),
            Self::Length(length) => read[..length.min(read.len())].to_vec(),
            Self::UntilClosed => read.to_vec(),
        }
    }

    /// Whether more can come that would be kept.
    fn is_complete(self, read: &[u8]) -> bool {
        let content = self.content(read).len();
        read.len() >= MOST_READ
            || content >= HttpAnswer::BODY_BYTES
            || match self {
                Self::Chunked => read.ends_with(b"0\r\n\r\n"),
                Self::Length(length) => content >= length,
                Self::UntilClosed => false,
            }
    }
}

/// The beginning of a body: what comes of it in time, [`HttpAnswer::BODY_BYTES`] at most.
async fn beginning(stream: &mut (impl AsyncRead + Unpin), framing: Framing, by: Instant) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !framing.is_complete(&read) {
            // Its end and an error mean the same: there is no more.
            if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                break;
            }
        }
    };
    let _ = timeout_at(by, reading).await;
    let mut body = framing.content(&read);
    body.truncate(HttpAnswer::BODY_BYTES);
    if let Err(error) = from_utf8(&body)
        && error.error_len().is_none()
    {
        // A character that was cut in two.
        body.truncate(error.valid_up_to());
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// The content of as many chunks as have come (RFC 9112 section 7.1).
fn unchunked(mut read: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(end) = read.windows(2).position(|pair| pair == b"\r\n") {
        let size = from_utf8(&read[..end]).unwrap_or_default().split(';').next().unwrap_or_default();
        let Ok(size @ 1..) = usize::from_str_radix(size.trim(), 16) else { break };
        let chunk = &read[end + 2..];
        content.extend_from_slice(&chunk[..size.min(chunk.len())]);
        let Some(rest) = chunk.get(size..).and_then(|rest| rest.strip_prefix(b"\r\n")) else { break };
        read = rest;
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(framing: Framing, body: &[u8]) -> String {
        let mut stream = body;
        beginning(&mut stream, framing, Instant::now() + BODY_WAIT).await
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_end_or_to_the_limit() {
        let long = "é".repeat(1_000);
        assert_eq!(kept(Framing::Length(4), b"gone and more").await, "gone");
        assert_eq!(kept(Framing::Length(2_000), long.as_bytes()).await, "é".repeat(100));
        assert_eq!(kept(Framing::Length(2_000), format!("x{long}").as_bytes()).await, format!("x{}", "é".repeat(99)));
        assert_eq!(kept(Framing::UntilClosed, b"gone").await, "gone");
        assert_eq!(kept(Framing::Length(0), b"").await, "");
    }

    #[tokio::test]
    async fn chunks_are_joined() {
        let chunked = async |body: &[u8]| kept(Framing::Chunked, body).await;
        assert_eq!(chunked(b"4\r\nwho \r\n6;x=y\r\nare yo\r\n2\r\nu?\r\n0\r\n\r\n").await, "who are you?");
        assert_eq!(chunked(b"ff\r\ncut").await, "cut");
        assert_eq!(chunked(b"12\r").await, "");
        for nonsense in [&b"who?\r\n"[..], b"-1\r\nx", b"\r\n\r\n", b"ffffffffffffffffffffffff\r\nx"] {
            assert_eq!(chunked(nonsense).await, "");
        }
        assert_eq!(chunked(b"ffffffffffffffff\r\nx").await, "x");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let (mut stream, _server) = tokio::io::duplex(64);
        let began = Instant::now();
        assert_eq!(beginning(&mut stream, Framing::Length(9), began + BODY_WAIT).await, "");
        assert_eq!(began.elapsed(), BODY_WAIT);
    }
}
