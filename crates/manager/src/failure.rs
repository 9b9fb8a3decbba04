//! What went wrong with a connection, for machines and for people.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use tokio_tungstenite::tungstenite::{
    Error as WsError,
    error::{CapacityError, ProtocolError},
    http::{HeaderMap, header::RETRY_AFTER},
    protocol::frame::coding::CloseCode,
};

use super::{
    advice::{
        asked_to_wait, close_advice, close_words, http_advice, hung_up, late, reason, subprotocol_words, unresolved,
    },
    local_resource::LocalResource,
    secrets_dir::UnusableFile,
    stage::{NameError, Stage},
};
use wsmon_model::{Cause, PeerText};

/// What the end of an attempt or of a session says about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The host itself fails: its name, its port, its certificate, its proxy.
    HostFails,
    /// The host answered, whatever it said.
    HostAnswers,
    /// Nothing: the fault is the monitor's own.
    Nothing,
}

/// Why an attempt failed or a connection ended. Displays as sentences for an operator: what
/// happened, and where it helps, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The host name did not resolve.
    #[error("{}", unresolved(.host, .why))]
    Dns {
        /// The name.
        host: String,
        /// Why.
        why: NameError,
    },
    /// The address answered that nothing listens there.
    #[error("{authority} refused the connection: nothing is listening there.")]
    Refused {
        /// Host and port.
        authority: String,
    },
    /// No way to the address, or a fault of the network.
    #[error("{authority} cannot be reached: {detail}.")]
    Unreachable {
        /// Host and port.
        authority: String,
        /// The operating system's word for it.
        detail: String,
    },
    /// The monitor's own machine or process lacked something. Says nothing about the host.
    #[error("{short_of}")]
    LocalResources {
        /// What was lacking.
        short_of: LocalResource,
    },
    /// The attempt's deadline passed.
    #[error("{} within {} s.", late(*.stage), .after.as_secs_f64())]
    Timeout {
        /// What it was waiting for.
        stage: Stage,
        /// The deadline.
        after: Duration,
    },
    /// No TLS session, or a certificate that cannot be trusted.
    #[error("TLS failed: {detail}. Check the server's certificate and the base URL's scheme and host.")]
    Tls {
        /// The TLS library's word for it.
        detail: PeerText,
    },
    /// The upgrade request was answered with another status than 101.
    #[error(
        "The server answered HTTP {status}{} instead of opening a WebSocket.{}{}",
        reason(*.status), http_advice(*.status), asked_to_wait(*.retry_after)
    )]
    Http {
        /// The status.
        status: u16,
        /// How long it asks not to be tried again.
        retry_after: Option<Duration>,
    },
    /// The answer to the upgrade request was not RFC 6455's.
    #[error("The server's answer is not a WebSocket handshake: {detail}.")]
    InvalidHandshake {
        /// What is wrong with it.
        detail: PeerText,
    },
    /// The server took none of the subprotocols asked for, or one that was not.
    #[error("Client and server agree on no subprotocol: {detail}. Check the connection's subprotocols.")]
    Subprotocol {
        /// What is wrong.
        detail: PeerText,
    },
    /// The connection ended before it was open.
    #[error("The server hung up {}", hung_up(*.stage))]
    HungUp {
        /// How far the attempt had come: [`Stage::Tls`] or [`Stage::Upgrade`].
        stage: Stage,
    },
    /// The connection ended without a close frame.
    #[error("The connection was cut without a close frame: the server or something on the way went away.")]
    Lost,
    /// The peer sent a close frame.
    #[error("The server closed the connection{}.{}", close_words(*.code, .reason), close_advice(*.code))]
    Closed {
        /// The close code; none if the frame was empty (RFC 6455's 1005).
        code: Option<u16>,
        /// What the peer wrote.
        reason: PeerText,
    },
    /// The peer sent more at once than we take.
    #[error(
        "The server sent {size} bytes at once; at most {most} are taken. Raise the limit in the connection's options if that is right."
    )]
    TooBig {
        /// A frame's or a message's payload, in bytes.
        size: usize,
        /// The limit, in bytes.
        most: usize,
    },
    /// The peer sent text that is not UTF-8.
    #[error("The server broke the WebSocket protocol: it sent text that is not UTF-8.")]
    InvalidText,
    /// A ping stayed unanswered.
    #[error("The server did not answer a ping within {} s, although the connection looked open.", .after.as_secs_f64())]
    PongTimeout {
        /// The deadline.
        after: Duration,
    },
    /// The peer sent pings or pongs, and went on, faster than we answer.
    #[error("The server flooded the connection: it went on sending more than {most} pings or pongs a second.")]
    PingFlood {
        /// The limit.
        most: u32,
    },
    /// The peer broke the protocol, or a limit on sizes.
    #[error("The server broke the WebSocket protocol: {detail}.")]
    Protocol {
        /// How.
        detail: PeerText,
    },
    /// No message for longer than the connection's options allow.
    #[error("The connection was open but brought no message for {} s, so it was closed to be opened anew.", .after.as_secs_f64())]
    Silent {
        /// How long.
        after: Duration,
    },
    /// The connection's own options cannot be used.
    #[error("{detail}. Check the connection's options.")]
    Options {
        /// Why.
        detail: PeerText,
    },
    /// A fault of our own, which is in the log.
    #[error("The monitor failed while it handled this connection. Its log says how.")]
    Internal,
}

impl Failure {
    /// The cause as a bounded word.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Dns { .. } => Cause::DnsFailure,
            Self::Refused { .. } => Cause::ConnectionRefused,
            Self::Unreachable { .. } => Cause::Unreachable,
            Self::LocalResources { .. } => Cause::LocalResources,
            Self::Timeout { .. } => Cause::HandshakeTimeout,
            Self::Tls { .. } => Cause::TlsFailure,
            Self::Http { .. } => Cause::HttpStatus,
            Self::InvalidHandshake { .. } => Cause::InvalidHandshake,
            Self::Subprotocol { .. } => Cause::SubprotocolMismatch,
            Self::HungUp { .. } | Self::Lost => Cause::ConnectionLost,
            Self::Closed { .. } => Cause::ClosedByPeer,
            Self::PongTimeout { .. } => Cause::PongTimeout,
            Self::TooBig { .. } | Self::InvalidText | Self::PingFlood { .. } | Self::Protocol { .. } => {
                Cause::ProtocolError
            }
            Self::Silent { .. } => Cause::Silent,
            Self::Options { .. } => Cause::InvalidOptions,
            Self::Internal => Cause::InternalError,
        }
    }

    /// What it says about the host, and so about the host's other endpoints.
    ///
    /// A status from 502 to 504 is a proxy's word that what stands behind it does not answer (RFC
    /// 9110 section 15.6).
    pub(super) fn evidence(&self) -> Evidence {
        match self {
            Self::Dns { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Tls { .. }
            | Self::HungUp { .. }
            | Self::Lost
            | Self::PongTimeout { .. }
            | Self::Http { status: 502..=504, .. } => Evidence::HostFails,
            Self::Http { .. }
            | Self::InvalidHandshake { .. }
            | Self::Subprotocol { .. }
            | Self::Closed { .. }
            | Self::TooBig { .. }
            | Self::InvalidText
            | Self::PingFlood { .. }
            | Self::Protocol { .. }
            | Self::Silent { .. } => Evidence::HostAnswers,
            Self::LocalResources { .. } | Self::Options { .. } | Self::Internal => Evidence::Nothing,
        }
    }

    /// Whether it is the host's certificate that has to change, so that a success of another endpoint is news.
    pub(super) fn is_of_certificate(&self) -> bool {
        matches!(self, Self::Tls { .. })
    }

    /// The close code to fail the connection with, where it is we who end it (RFC 6455 sections 7.1.7
    /// and 7.4.1).
    pub(super) fn own_close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Protocol { .. } => Some(CloseCode::Protocol),
            Self::InvalidText => Some(CloseCode::Invalid),
            Self::TooBig { .. } => Some(CloseCode::Size),
            Self::PingFlood { .. } => Some(CloseCode::Policy),
            Self::Silent { .. } => Some(CloseCode::Normal),
            Self::PongTimeout { .. } => Some(CloseCode::Away),
            _ => None,
        }
    }

    /// The number the peer gave for it: a close code or an HTTP status.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Http { status, .. } => Some(*status),
            _ => self.close_code(),
        }
    }

    /// The close code the peer sent.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            Self::Closed { code, .. } => *code,
            _ => None,
        }
    }

    /// Tells why a host name did not resolve.
    pub(super) fn from_resolve(error: &io::Error, host: &str) -> Self {
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
    pub(super) fn from_connect(error: &io::Error, address: SocketAddr) -> Self {
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
    pub(super) fn from_file(error: &UnusableFile, path: &str) -> Self {
        match error {
            UnusableFile::Io(error) if let Some(short_of) = LocalResource::short_of(error) => {
                Self::LocalResources { short_of }
            }
            _ => Self::unusable_file(path, &error.to_string()),
        }
    }

    /// A file that the options name cannot be used.
    pub(super) fn unusable_file(path: &str, why: &str) -> Self {
        Self::Options { detail: PeerText::new(&format!("{path} cannot be used: {why}")) }
    }

    /// Tells why an upgrade did not come about; `now` is what a date in the answer is held against.
    pub(super) fn from_upgrade(error: &WsError, now: SystemTime) -> Self {
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
    pub(super) fn from_stream(error: &WsError) -> Self {
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
    fn sentences_say_what_happened_and_what_to_do() {
        let cases = [
            (
                Failure::Http { status: 403, retry_after: None },
                "The server answered HTTP 403 Forbidden instead of opening a WebSocket. \
                 Check that this client and its credentials are allowed in.",
            ),
            (
                Failure::Http { status: 799, retry_after: None },
                "The server answered HTTP 799 instead of opening a WebSocket.",
            ),
            (
                Failure::Closed { code: Some(1001), reason: PeerText::new("rolling\nupdate") },
                "The server closed the connection: 1001 going away, “rolling\u{fffd}update”.",
            ),
            (
                Failure::Closed { code: None, reason: PeerText::default() },
                "The server closed the connection without giving a code.",
            ),
            (
                Failure::Timeout { stage: Stage::Upgrade, after: Duration::from_secs(10) },
                "The server accepted the connection but did not answer the WebSocket upgrade within 10 s.",
            ),
            (
                Failure::PongTimeout { after: Duration::from_millis(500) },
                "The server did not answer a ping within 0.5 s, although the connection looked open.",
            ),
        ];
        for (failure, sentence) in cases {
            assert_eq!(failure.to_string(), sentence);
        }
    }

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
