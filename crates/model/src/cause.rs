//! Why a connection is not up.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Why a connection is not up, as a bounded set of words fit for a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// The host name did not resolve.
    DnsFailure,
    /// Nothing listens at the address.
    ConnectionRefused,
    /// The network has no way to the address.
    Unreachable,
    /// The service's proxy could not be reached, or did not answer.
    ProxyUnreachable,
    /// The service's proxy wants a user and password, or others.
    ProxyAuth,
    /// The service's proxy answered, and opened no tunnel to the host.
    ProxyRefused,
    /// The attempt's deadline passed.
    HandshakeTimeout,
    /// TLS could not be agreed on, or the certificate is not trusted.
    TlsFailure,
    /// The upgrade was answered with an HTTP status other than 101.
    HttpStatus,
    /// The service's OAuth 2.0 token service refuses the client, or what it asks for.
    TokenRefused,
    /// The service's OAuth 2.0 token service gives no token now.
    TokenUnavailable,
    /// The answer to the upgrade was not RFC 6455's.
    InvalidHandshake,
    /// The server took none of the subprotocols asked for, or chose one that was not.
    SubprotocolMismatch,
    /// The opening did not end: an answer did not come, or another did.
    OpeningFailed,
    /// The connection ended without a close frame (RFC 6455's 1006).
    ConnectionLost,
    /// The peer sent a close frame; see the close code.
    ClosedByPeer,
    /// A ping was not answered in time.
    PongTimeout,
    /// A heartbeat of the feed's own was not answered in time.
    HeartbeatUnanswered,
    /// The peer broke the protocol or one of our limits.
    ProtocolError,
    /// The connection brought no message for longer than its options allow.
    Silent,
    /// The monitor's own machine or process lacked something, such as a file descriptor.
    LocalResources,
    /// A certificate or key that the service's configuration names cannot be used.
    UnusableCertificate,
    /// The connection's own options cannot be used, such as a file of certificates that is gone.
    InvalidOptions,
    /// The connection's service is not configured.
    ServiceNotConfigured,
    /// A fault of our own.
    InternalError,
}

impl Cause {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
