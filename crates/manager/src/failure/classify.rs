//! Errors of the operating system and of the library, told as what they say about a connection.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use tokio_tungstenite::tungstenite::{
    Error as WsError,
    error::{CapacityError, ProtocolError},
    http::{HeaderMap, header::RETRY_AFTER},
};
use wsmon_model::PeerText;

use super::Failure;
use crate::{
    advice::subprotocol_words,
    local_resource::LocalResource,
    secrets_dir::UnusableFile,
    stage::{NameError, Stage},
};

impl Failure {
    /// Tells why a host name did not resolve.
    pub(crate) fn from_resolve(error: &io::Error, host: &str) -> Self {
        if let Some(short_of) = LocalResource::short_of(error) {
            return Self::LocalResources { short_of };
        }
        let why = match error.kind() {
            io::ErrorKind::NotFound => NameError::NotFound,
            io::ErrorKind::TimedOut => NameError::NoAnswer,
            _ => NameError::Other { detail: system_words(error) },
        };
        Self::Dns { host: host.to_owned(), why }
    }

    /// Tells why a TCP connection could not be opened.
    pub(crate) fn from_connect(error: &io::Error, address: SocketAddr) -> Self {
        if let Some(short_of) = LocalResource::short_of(error) {
            return Self::LocalResources { short_of };
        }
        let authority = address.to_string();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { authority },
            io::ErrorKind::AddrNotAvailable => Self::LocalResources { short_of: LocalResource::Port { address } },
            _ => Self::Unreachable { authority, detail: system_words(error) },
        }
    }

    /// Tells why a file that the options name is not read.
    pub(crate) fn from_file(error: &UnusableFile, path: &str) -> Self {
        match error {
            UnusableFile::Io(error) if let Some(short_of) = LocalResource::short_of(error) => {
                Self::LocalResources { short_of }
            }
            _ => Self::unusable_file(path, &error.to_string()),
        }
    }

    /// A file that the options name cannot be used.
    pub(crate) fn unusable_file(path: &str, why: &str) -> Self {
        Self::Options { detail: PeerText::new(&format!("{path} cannot be used: {why}")) }
    }

    /// Tells why an upgrade did not come about; `now` is what a date in the answer is held against.
    pub(crate) fn from_upgrade(error: &WsError, now: SystemTime) -> Self {
        match error {
            WsError::Http(response) => {
                Self::Http { status: response.status().as_u16(), retry_after: retry_after(response.headers(), now) }
            }
            WsError::Protocol(ProtocolError::SecWebSocketSubProtocolError(error)) => {
                Self::Subprotocol { detail: PeerText::new(subprotocol_words(error)) }
            }
            WsError::Io(_) | WsError::ConnectionClosed | WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
                Self::HungUp { stage: Stage::Upgrade }
            }
            other => Self::InvalidHandshake { detail: own_words(other) },
        }
    }

    /// Tells why an open connection could no longer be read or written.
    pub(crate) fn from_stream(error: &WsError) -> Self {
        match error {
            WsError::Io(_)
            | WsError::ConnectionClosed
            | WsError::AlreadyClosed
            | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost,
            WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::TooBig { size: *size, most: *max_size }
            }
            WsError::Utf8(_) => Self::InvalidText,
            WsError::WriteBufferFull(_) => {
                tracing::error!("a frame was written for which the write buffer had no room");
                Self::Internal
            }
            other => Self::Protocol { detail: own_words(other) },
        }
    }
}

/// The operating system's words for an error, without its number.
fn system_words(error: &io::Error) -> String {
    let words = error.to_string();
    let Some((words, _number)) = words.split_once(" (os error") else { return words };
    // It goes on a sentence.
    words.chars().next().map_or_else(String::new, |first| {
        let rest = &words[first.len_utf8()..];
        first.to_lowercase().chain(rest.chars()).collect()
    })
}

/// The library's words, without its name for the kind of error, which our sentence has.
fn own_words(error: &WsError) -> PeerText {
    PeerText::new(&match error {
        // What its check against attacks looks at.
        WsError::AttackAttempt => "its headers are larger than 64 KiB, or come in a great many small pieces".to_owned(),
        // It reads no more than 124 of them.
        WsError::Capacity(CapacityError::TooManyHeaders) => "it has more headers than are taken (124)".to_owned(),
        WsError::Protocol(error) => error.to_string(),
        other => other.to_string(),
    })
}

/// The wait that a server asks for: seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only a number that is too large cannot be parsed.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_by_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a value"))]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(read("120"), Some(120));
        // The three forms of RFC 9110 section 5.6.7, and one that has passed.
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sun Nov  6 08:50:37 1994"), Some(60));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        // However far away, it is a wait.
        assert_eq!(read("99999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(253_402_300_799 - 784_111_777));
        for nonsense in ["soon", "-1", "+1", "1.5", ""] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
