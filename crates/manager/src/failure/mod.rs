//! What went wrong with a connection, for machines and for people.

mod classify;

use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wsmon_model::{Cause, PeerText, ServiceName};

use super::{
    advice::{asked_to_wait, close_advice, close_words, http_advice, hung_up, late, reason, unresolved},
    local_resource::LocalResource,
    stage::{NameError, Stage},
};

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
    /// The connection's service is not configured (any more).
    #[error("The service “{service}” is not configured. Configure it again, or remove the connection.")]
    NotConfigured {
        /// The service.
        service: ServiceName,
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
            Self::NotConfigured { .. } => Cause::ServiceNotConfigured,
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
            Self::LocalResources { .. } | Self::Options { .. } | Self::NotConfigured { .. } | Self::Internal => {
                Evidence::Nothing
            }
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
}
