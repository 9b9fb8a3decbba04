//! What went wrong with a connection, as the code acts on it.

mod cause;
mod classify;
mod evidence;
mod host;
mod http_answer;
mod system_error;
mod tls_error;

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use wsmon_model::{
    CertificateFault, HttpAnswer, LocalResource, OpeningFault, PeerText, ServiceName, Stage, SubprotocolFault,
    TlsFault, TokenFault, Tunnel, UnresolvedName,
};

pub(super) use self::host::HostEvidence;
pub use self::{http_answer::retry_after_s, system_error::SystemError};
use super::{describe::describe, frame::CloseCode};

/// Why an attempt failed or a connection ended. Displays as sentences for an operator, made from its
/// [evidence](Self::evidence) by [`describe`]: what happened, and where it helps, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host name did not resolve.
    Dns {
        /// The name and why.
        name: UnresolvedName,
        /// What the resolver said.
        error: Box<SystemError>,
    },
    /// The address answered that nothing listens there.
    Refused {
        /// Where to.
        address: SocketAddr,
        /// The operating system's error number.
        errno: Option<i32>,
    },
    /// No way to the address, or a fault of the network.
    Unreachable {
        /// Where to.
        address: SocketAddr,
        /// What the operating system said.
        error: Box<SystemError>,
    },
    /// The connection's service is not configured (any more).
    NotConfigured {
        /// The service.
        service: ServiceName,
    },
    /// The monitor's own machine or process lacked something. Says nothing about the host.
    LocalResources {
        /// What was lacking.
        short_of: LocalResource,
        /// The operating system's error number.
        errno: Option<i32>,
    },
    /// A certificate or key that the service's configuration names cannot be used.
    Certificate {
        /// Which, and why.
        fault: Box<CertificateFault>,
        /// The operating system's or the TLS library's words.
        detail: PeerText,
    },
    /// The service's proxy could not be used, or opened no tunnel to the host. Nothing is known of the host itself.
    Proxy {
        /// The tunnel that was wanted.
        tunnel: Box<Tunnel>,
        /// What failed, as if the proxy were the service.
        why: Box<Failure>,
    },
    /// The attempt's deadline passed.
    Timeout {
        /// What it was waiting for.
        stage: Stage,
        /// The deadline.
        after: Duration,
    },
    /// No TLS session, or a certificate that cannot be trusted.
    Tls {
        /// What is wrong.
        fault: Box<TlsFault>,
        /// The TLS library's words.
        detail: PeerText,
    },
    /// The upgrade request was answered with another status than 101, or a proxy's tunnel was refused.
    Http(Box<HttpAnswer>),
    /// There is no token to sign in with: the service's token service gave none.
    Token {
        /// Why not.
        fault: Arc<TokenFault>,
        /// How long the token service is not asked again.
        wait: Duration,
    },
    /// The answer to the upgrade request was not RFC 6455's.
    InvalidHandshake {
        /// What is wrong with it.
        detail: PeerText,
    },
    /// The server took none of the subprotocols asked for, or one that was not.
    Subprotocol(SubprotocolFault),
    /// The opening did not end.
    Opening {
        /// The step, and what came instead of its answer.
        fault: Box<OpeningFault>,
        /// Why the connection ended meanwhile; `None` if the answer did not come in time.
        ended: Option<Box<Failure>>,
        /// How long the step waited.
        after: Duration,
    },
    /// The connection ended before it was open.
    HungUp {
        /// How far the attempt had come: [`Stage::Proxy`], [`Stage::Tls`] or [`Stage::Upgrade`].
        stage: Stage,
        /// The operating system's error number.
        errno: Option<i32>,
    },
    /// The connection ended without a close frame.
    Lost {
        /// The operating system's error number; `None` if the peer ended it in order.
        errno: Option<i32>,
    },
    /// The peer sent a close frame.
    Closed {
        /// The close code; `None` if the frame was empty (RFC 6455's 1005).
        code: Option<u16>,
        /// What the peer wrote.
        reason: PeerText,
    },
    /// The peer sent more at once than we take.
    TooBig {
        /// A frame's or a message's payload, in bytes.
        size: usize,
        /// The limit, in bytes.
        most: usize,
    },
    /// The peer sent text that is not UTF-8.
    InvalidText,
    /// A ping stayed unanswered.
    PongTimeout {
        /// The deadline.
        after: Duration,
    },
    /// A heartbeat of the feed's own stayed unanswered.
    HeartbeatTimeout {
        /// The deadline.
        after: Duration,
    },
    /// The peer sent pings or pongs, and went on, faster than we answer.
    PingFlood {
        /// The limit.
        most: u32,
    },
    /// The peer broke the protocol, or a limit on sizes.
    Protocol {
        /// How.
        detail: PeerText,
    },
    /// No message for longer than the connection's options allow.
    Silent {
        /// How long.
        after: Duration,
    },
    /// The connection's own options cannot be used.
    Options {
        /// Why.
        detail: PeerText,
    },
    /// A fault of our own, which is in the log.
    Internal,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(&self.evidence()))
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// The close code to fail the connection with, where it is we who end it (RFC 6455 sections 7.1.7
    /// and 7.4.1).
    pub(super) fn own_close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Protocol { .. } => Some(CloseCode::Protocol),
            Self::InvalidText => Some(CloseCode::Invalid),
            Self::TooBig { .. } => Some(CloseCode::Size),
            Self::PingFlood { .. } => Some(CloseCode::Policy),
            Self::Silent { .. } => Some(CloseCode::Normal),
            // The service did not do what was agreed on with it, or we cannot go on: it is we who go away.
            Self::Opening { ended: None, .. }
            | Self::HeartbeatTimeout { .. }
            | Self::PongTimeout { .. }
            | Self::LocalResources { .. } => Some(CloseCode::Away),
            _ => None,
        }
    }

    /// The same as a failure of the service's proxy, unless it is the monitor's own fault.
    pub(super) fn of_proxy(self, tunnel: Tunnel) -> Self {
        match self {
            Self::LocalResources { .. } | Self::Internal => self,
            why => Self::Proxy { tunnel: Box::new(tunnel), why: Box::new(why) },
        }
    }

    /// The address that failed, where that is known.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Refused { address, .. }
            | Self::Unreachable { address, .. }
            | Self::LocalResources { short_of: LocalResource::Port { address }, .. } => Some(*address),
            _ => None,
        }
    }

    /// The number the peer gave for it: a close code or an HTTP status.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Http(answer) => Some(answer.status),
            _ => self.close_code(),
        }
    }

    /// The close code the peer sent.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            Self::Closed { code, .. } => *code,
            Self::Opening { ended: Some(ended), .. } => ended.close_code(),
            _ => None,
        }
    }
}
