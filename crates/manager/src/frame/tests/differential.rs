//! The same bytes, given to this codec and to tungstenite.
//!
//! They agree in what they take, and where they stop. Intended differences:
//!
//! - A close code that must not be sent, or that tungstenite does not know, is told as it was sent; tungstenite makes it
//!   1002 "Protocol violation". 1014 is registered, and servers send the others.
//! - What is wrong is told as soon as it is seen: at a frame's header, or in the middle of its payload. tungstenite waits
//!   for the whole frame, and so says nothing where the stream ends before.
//! - Where a frame breaks several rules, each may name another.

use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig},
};

use super::{streams::bytes, *};
use crate::frame::{CloseCode, Opcode, encode};

/// A stream of which something is read, and into which anything can be written.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_frame_size(Some(LIMITS.frame)).max_message_size(Some(LIMITS.message))
}

/// What tungstenite makes of bytes, up to a close frame, and whether it found something wrong.
fn tungstenites(bytes: &[u8]) -> (Vec<Message>, bool) {
    let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(bytes.to_vec())), Role::Client, Some(config()));
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(message) => messages.push(message),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => return (messages, false),
            Err(_) => return (messages, true),
        }
        if let Some(Message::Close(_)) = messages.last() {
            return (messages, false);
        }
    }
}

fn is_same(ours: &Event<'_>, theirs: &Message) -> bool {
    match (ours, theirs) {
        (Event::Text(ours), Message::Text(theirs)) => ours == theirs.as_str(),
        (Event::Binary(ours), Message::Binary(theirs))
        | (Event::Ping(ours), Message::Ping(theirs))
        | (Event::Pong(ours), Message::Pong(theirs)) => ours[..] == theirs[..],
        (Event::Close(None), Message::Close(None)) => true,
        (Event::Close(Some(ours)), Message::Close(Some(theirs))) => {
            let code = u16::from(theirs.code);
            if CloseCode::may_be_sent(ours.code) && ours.code != 1014 {
                (ours.code, &ours.reason[..]) == (code, theirs.reason.as_str())
            } else {
                (code, theirs.reason.as_str()) == (1002, "Protocol violation")
            }
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_read_is_what_tungstenite_reads(bytes in bytes()) {
        let (ours, our_error) = decoded_at_once(&bytes);
        let (theirs, is_their_error) = tungstenites(&bytes);
        prop_assert_eq!(ours.len(), theirs.len(), "{:?} {:?} {:?}", ours, our_error, theirs);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert!(is_same(ours, theirs), "{:?} {:?}", ours, theirs);
        }
        if is_their_error {
            prop_assert!(our_error.is_some());
        } else if let Some(error) = our_error {
            // The frame was cut short, or tungstenite would have come to see it. A frame is at most as long as our
            // limits, or refused by its length.
            let (messages, is_error) = tungstenites(&[&bytes[..], &[b'x'; 65_536 + 14]].concat());
            prop_assert!(is_error, "{:?} {:?}", error, messages);
            prop_assert_eq!(messages.len(), theirs.len());
        }
    }

    #[test]
    fn what_is_sent_is_what_tungstenite_reads(texts in prop::collection::vec(".{0,100}", 0..5), mask in any::<[u8; 4]>()) {
        let mut sent = Vec::new();
        texts.iter().for_each(|text| encode(&mut sent, Opcode::Text, text.as_bytes(), mask));
        let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(sent)), Role::Server, None);
        for text in texts {
            prop_assert_eq!(socket.read().expect("a message"), Message::text(text));
        }
    }
}
