//! Why a connection is not up.

use serde::{Deserialize, Serialize};

/// Why a connection is not up, as a bounded set of words fit for a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The host name did not resolve.
    DnsFailure,
    /// Nothing listens at the address.
    ConnectionRefused,
    /// The network has no way to the address.
    Unreachable,
    /// The attempt's deadline passed.
    HandshakeTimeout,
    /// TLS could not be agreed on, or the certificate is not trusted.
    TlsFailure,
    /// The upgrade was answered with an HTTP status other than 101.
    HttpStatus,
    /// The answer to the upgrade was not RFC 6455's.
    InvalidHandshake,
    /// The server took none of the subprotocols asked for, or chose one that was not.
    SubprotocolMismatch,
    /// The connection ended without a close frame (RFC 6455's 1006).
    ConnectionLost,
    /// The peer sent a close frame; see the close code.
    ClosedByPeer,
    /// A ping was not answered in time.
    PongTimeout,
    /// The peer broke the protocol or one of our limits.
    ProtocolError,
    /// The connection brought no message for longer than its options allow.
    Silent,
    /// The monitor's own machine or process lacked something, such as a file descriptor.
    LocalResources,
    /// The connection's own options cannot be used, such as a file of certificates that is gone.
    InvalidOptions,
    /// The connection's service is not configured.
    ServiceNotConfigured,
    /// A fault of our own.
    InternalError,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 17] = [
        Self::DnsFailure,
        Self::ConnectionRefused,
        Self::Unreachable,
        Self::HandshakeTimeout,
        Self::TlsFailure,
        Self::HttpStatus,
        Self::InvalidHandshake,
        Self::SubprotocolMismatch,
        Self::ConnectionLost,
        Self::ClosedByPeer,
        Self::PongTimeout,
        Self::ProtocolError,
        Self::Silent,
        Self::LocalResources,
        Self::InvalidOptions,
        Self::ServiceNotConfigured,
        Self::InternalError,
    ];

    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DnsFailure => "dns_failure",
            Self::ConnectionRefused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::TlsFailure => "tls_failure",
            Self::HttpStatus => "http_status",
            Self::InvalidHandshake => "invalid_handshake",
            Self::SubprotocolMismatch => "subprotocol_mismatch",
            Self::ConnectionLost => "connection_lost",
            Self::ClosedByPeer => "closed_by_peer",
            Self::PongTimeout => "pong_timeout",
            Self::ProtocolError => "protocol_error",
            Self::Silent => "silent",
            Self::LocalResources => "local_resources",
            Self::InvalidOptions => "invalid_options",
            Self::ServiceNotConfigured => "service_not_configured",
            Self::InternalError => "internal_error",
        }
    }
}
