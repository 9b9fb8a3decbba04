//! Which cause and which layer a failure has.

use wsmon_model::{Cause, Layer, Stage};

use super::Failure;

impl Failure {
    /// The cause as a bounded word.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Dns { .. } => Cause::DnsFailure,
            Self::Refused { .. } => Cause::ConnectionRefused,
            Self::Unreachable { .. } => Cause::Unreachable,
            Self::LocalResources { .. } => Cause::LocalResources,
            Self::Certificate { .. } => Cause::UnusableCertificate,
            Self::Proxy { why, .. } => proxy_cause(why),
            Self::Timeout { .. } => Cause::HandshakeTimeout,
            Self::Tls { .. } => Cause::TlsFailure,
            Self::Http(_) => Cause::HttpStatus,
            Self::Token { fault, .. } if fault.is_refusal() => Cause::TokenRefused,
            Self::Token { .. } => Cause::TokenUnavailable,
            Self::InvalidHandshake { .. } => Cause::InvalidHandshake,
            Self::Subprotocol(_) => Cause::SubprotocolMismatch,
            Self::Opening { .. } => Cause::OpeningFailed,
            Self::HungUp { .. } | Self::Lost { .. } => Cause::ConnectionLost,
            Self::Closed { .. } => Cause::ClosedByPeer,
            Self::PongTimeout { .. } => Cause::PongTimeout,
            Self::HeartbeatTimeout { .. } => Cause::HeartbeatUnanswered,
            Self::TooBig { .. } | Self::InvalidText | Self::PingFlood { .. } | Self::Protocol { .. } => {
                Cause::ProtocolError
            }
            Self::Silent { .. } => Cause::Silent,
            Self::Options { .. } => Cause::InvalidOptions,
            Self::NotConfigured { .. } => Cause::ServiceNotConfigured,
            Self::Internal => Cause::InternalError,
        }
    }

    /// The layer that failed.
    pub fn layer(&self) -> Layer {
        match self {
            Self::LocalResources { .. }
            | Self::Certificate { .. }
            | Self::Options { .. }
            | Self::NotConfigured { .. }
            | Self::Internal => Layer::Local,
            Self::Dns { .. } => Layer::Dns,
            Self::Refused { .. } | Self::Unreachable { .. } => Layer::Tcp,
            Self::Timeout { stage, .. } | Self::HungUp { stage, .. } => match stage {
                Stage::Dns => Layer::Dns,
                Stage::Tcp => Layer::Tcp,
                Stage::Tls => Layer::Tls,
                Stage::Proxy | Stage::Upgrade => Layer::Http,
                Stage::Opening => Layer::Opening,
                Stage::Open => Layer::Websocket,
            },
            Self::Proxy { why, .. } => match &**why {
                Self::InvalidHandshake { .. } => Layer::Http,
                why => why.layer(),
            },
            Self::Tls { .. } => Layer::Tls,
            Self::Http(_) | Self::Token { .. } => Layer::Http,
            Self::InvalidHandshake { .. }
            | Self::Subprotocol(_)
            | Self::Lost { .. }
            | Self::Closed { .. }
            | Self::TooBig { .. }
            | Self::InvalidText
            | Self::PingFlood { .. }
            | Self::Protocol { .. } => Layer::Websocket,
            Self::Opening { .. } => Layer::Opening,
            Self::PongTimeout { .. } | Self::HeartbeatTimeout { .. } => Layer::Heartbeat,
            Self::Silent { .. } => Layer::Data,
        }
    }
}

/// The cause, when it is the service's proxy that failed in this way.
fn proxy_cause(why: &Failure) -> Cause {
    match why {
        // tinyproxy says 401 of a wrong password, and 407 of none.
        Failure::Http(answer) if matches!(answer.status, 401 | 407) => Cause::ProxyAuth,
        Failure::Http(_) | Failure::InvalidHandshake { .. } => Cause::ProxyRefused,
        Failure::Options { .. } => Cause::InvalidOptions,
        _ => Cause::ProxyUnreachable,
    }
}
