//! The head of the answer to a request for an upgrade. Pure.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
};
use sha1::{Digest, Sha1};

use crate::failure::Failure;
use wsmon_model::{PeerText, SubprotocolFault};

/// The most header fields that are taken.
const MOST_FIELDS: usize = 124;

/// The largest head that is taken, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// A head shorter than this is looked at whenever something comes: what does not speak HTTP need not end a line.
const STATUS_LINE: usize = 64;

/// What `Sec-WebSocket-Accept` proves that the server has read (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    minor_version: u8,
}

/// The `Sec-WebSocket-Accept` that answers a key.
pub(super) fn accept_key(key: &str) -> String {
    BASE64_STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

fn invalid(detail: &str) -> Failure {
    Failure::InvalidHandshake { detail: PeerText::new(detail) }
}

impl Answer {
    /// The head that bytes begin with, and its size; `None` while it is not complete. So many of the bytes have been
    /// looked at before, which is not done anew until another line has ended.
    pub(super) fn parse(bytes: &[u8], before: usize) -> Result<Option<(Self, usize)>, Failure> {
        if bytes.len() > STATUS_LINE && bytes.len() < MOST_BYTES && !bytes[before..].contains(&b'\n') {
            return Ok(None);
        }
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut fields);
        let size = match head.parse(bytes) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) if bytes.len() < MOST_BYTES => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(invalid("its headers are larger than 64 KiB")),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(invalid("it has more headers than are taken (124)"));
            }
            Err(error) => return Err(invalid(&format!("httparse error: {error}"))),
        };
        let status = head.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| invalid("its status is not one of HTTP's"))?;
        let mut headers = HeaderMap::new();
        for field in head.headers.iter() {
            let (name, value) = (HeaderName::from_bytes(field.name.as_bytes()), HeaderValue::from_bytes(field.value));
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(invalid("it has a header that is not HTTP's"));
            };
            headers.append(name, value);
        }
        Ok(Some((Self { status, headers, minor_version: head.version.unwrap_or_default() }, size)))
    }

    /// Whether the protocol is switched, whatever the headers say.
    pub(super) fn is_switching(&self) -> bool {
        self.status == StatusCode::SWITCHING_PROTOCOLS
    }

    /// Holds an answer that switches protocols against what was asked (section 4.1); `told` is what may be told of its words.
    pub(super) fn check(
        &self,
        accept_key: &str,
        asked: &[String],
        told: impl Fn(&str) -> String,
    ) -> Result<(), Failure> {
        let is = |name, wanted: &[u8]| {
            self.headers.get(name).is_some_and(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(wanted))
        };
        if self.minor_version < 1 {
            return Err(invalid("HTTP version must be 1.1 or higher"));
        }
        if !is(UPGRADE, b"websocket") {
            return Err(invalid("No \"Upgrade: websocket\" header"));
        }
        if !self.elements(CONNECTION).any(|option| option.eq_ignore_ascii_case(b"upgrade")) {
            return Err(invalid("No \"Connection: upgrade\" header"));
        }
        let accept = self.headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accept != Some(accept_key.as_bytes()) {
            return Err(invalid("Key mismatch in \"Sec-WebSocket-Accept\" header"));
        }
        if let Some(name) = self.extension() {
            return Err(invalid(&format!("it uses the extension “{}”, which nobody offered", told(&name))));
        }
        self.subprotocol_fault(asked).map_or(Ok(()), |fault| Err(Failure::Subprotocol(fault)))
    }

    /// The elements of a list that may be in several fields (RFC 9110 section 5.6.1).
    fn elements(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        let values = self.headers.get_all(name).into_iter();
        let elements = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        elements.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
    }

    /// The name of the first extension in use (section 9.1). We offer none, so any fails the connection.
    fn extension(&self) -> Option<String> {
        let names = self.elements(SEC_WEBSOCKET_EXTENSIONS).map(|extension| {
            let name = extension.split(|byte| *byte == b';').next().unwrap_or_default();
            String::from_utf8_lossy(name.trim_ascii()).into_owned()
        });
        names.into_iter().next()
    }

    fn subprotocol_fault(&self, asked: &[String]) -> Option<SubprotocolFault> {
        match self.headers.get(SEC_WEBSOCKET_PROTOCOL).map(HeaderValue::as_bytes) {
            None => (!asked.is_empty()).then_some(SubprotocolFault::NoneTaken),
            Some(_) if asked.is_empty() => Some(SubprotocolFault::NoneAsked),
            Some(chosen) => {
                let was_asked = asked.iter().any(|name| name.as_bytes() == chosen);
                (!was_asked).then_some(SubprotocolFault::OtherChosen)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 1.3's example.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn switching(fields: &str) -> String {
        format!("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {ACCEPT}\r\n{fields}\r\n")
    }

    fn checked(head: &str, asked: &[&str]) -> Result<(), Failure> {
        let (answer, size) = Answer::parse(head.as_bytes(), 0)?.expect("a whole head");
        assert_eq!(size, head.len());
        let asked: Vec<_> = asked.iter().map(|&name| name.to_owned()).collect();
        answer.check(&accept_key(KEY), &asked, str::to_owned)
    }

    const FIELDS: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

    #[test]
    fn what_the_standard_asks_for_is_taken() {
        for fields in [
            FIELDS,
            "upgrade: WebSocket\r\nconnection: upgrade\r\n",
            // Section 4.1: the field has to contain the option, beside others.
            "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n",
            "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: UPGRADE\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: ,\r\n",
        ] {
            assert_eq!(checked(&switching(fields), &[]), Ok(()), "{fields}");
        }
        let chosen = format!("{FIELDS}Sec-WebSocket-Protocol: b\r\n");
        assert_eq!(checked(&switching(&chosen), &["a", "b"]), Ok(()));
    }

    #[test]
    fn what_the_standard_refuses_is_told() {
        let whole = |fields: &str| format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n");
        let old = switching(FIELDS).replace("HTTP/1.1", "HTTP/1.0");
        for (head, words) in [
            (old, "HTTP version must be 1.1 or higher"),
            (switching("Connection: Upgrade\r\n"), "No \"Upgrade: websocket\" header"),
            (switching("Upgrade: h2c\r\nConnection: Upgrade\r\n"), "No \"Upgrade: websocket\" header"),
            (switching("Upgrade: websocket\r\n"), "No \"Connection: upgrade\" header"),
            (switching("Upgrade: websocket\r\nConnection: keep-alive\r\n"), "No \"Connection: upgrade\" header"),
            (whole(FIELDS), "Key mismatch in \"Sec-WebSocket-Accept\" header"),
            (switching(FIELDS).replace(ACCEPT, KEY), "Key mismatch in \"Sec-WebSocket-Accept\" header"),
            (
                switching(&format!("{FIELDS}Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n")),
                "it uses the extension “permessage-deflate”, which nobody offered",
            ),
        ] {
            assert_eq!(checked(&head, &[]), Err(invalid(words)), "{head}");
        }
    }

    #[test]
    fn a_subprotocol_is_one_of_those_asked_for() {
        let chosen = |name: &str| switching(&format!("{FIELDS}Sec-WebSocket-Protocol: {name}\r\n"));
        for (head, asked, fault) in [
            (switching(FIELDS), &["a"][..], SubprotocolFault::NoneTaken),
            (chosen("a"), &[], SubprotocolFault::NoneAsked),
            (chosen("c"), &["a", "b"], SubprotocolFault::OtherChosen),
            (chosen("a, b"), &["a", "b"], SubprotocolFault::OtherChosen),
        ] {
            assert_eq!(checked(&head, asked), Err(Failure::Subprotocol(fault)), "{head}");
        }
    }

    /// Gives a head to the parser piece by piece, as it is read.
    fn parsed(head: &[u8], size: usize) -> Result<Option<(StatusCode, usize)>, Failure> {
        let ends = (0..head.len()).step_by(size).map(|before| (before, (before + size).min(head.len())));
        for (before, end) in ends {
            if let Some((answer, size)) = Answer::parse(&head[..end], before)? {
                return Ok(Some((answer.status, size)));
            }
        }
        Ok(None)
    }

    #[test]
    fn a_head_may_come_in_pieces_and_what_follows_it_is_left() {
        let long = format!("{FIELDS}X-Long: {}\r\n", "x".repeat(5_000));
        let head = switching(&long);
        let bytes = [head.as_bytes(), b"\x81\x02hi"].concat();
        for size in [1, 2, 7, 100, bytes.len()] {
            assert_eq!(parsed(&bytes, size), Ok(Some((StatusCode::SWITCHING_PROTOCOLS, head.len()))), "{size}");
        }
        assert_eq!(parsed(&head.as_bytes()[..head.len() - 1], 10), Ok(None));
    }

    #[test]
    fn what_is_no_answer_is_told_at_once() {
        for (bytes, words) in [
            (&b"SSH-2.0-OpenSSH_9.2"[..], "httparse error: invalid HTTP version"),
            (b"\x15\x03\x01\x00\x02\x02", "httparse error: invalid HTTP version"),
            (b"HTTP/1.1 101 Switching Protocols\r\nno field\r\n", "httparse error: invalid header name"),
        ] {
            assert_eq!(parsed(bytes, 1), Err(invalid(words)));
        }
    }

    #[test]
    fn a_heads_size_is_limited() {
        let endless = [b"HTTP/1.1 200 OK\r\nX: ", &[b'x'; MOST_BYTES][..]].concat();
        assert_eq!(parsed(&endless, 1_000), Err(invalid("its headers are larger than 64 KiB")));
        let many = format!("HTTP/1.1 200 OK\r\n{}", "X: x\r\n".repeat(MOST_FIELDS + 1));
        assert_eq!(parsed(many.as_bytes(), 1_000), Err(invalid("it has more headers than are taken (124)")));
    }
}
