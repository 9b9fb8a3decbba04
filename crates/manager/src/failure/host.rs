//! What a failure says about the host.

use super::Failure;

/// What the end of an attempt or of a session says about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostEvidence {
    /// The host itself fails: its name, its port, its certificate, its proxy.
    Fails,
    /// The host answered, whatever it said.
    Answers,
    /// Nothing: the fault is the monitor's own.
    Nothing,
}

impl Failure {
    /// What it says about the host, and so about the host's other endpoints.
    ///
    /// A service's proxy is a part of the way to its host: one that is dead counts as the host's failing, for each service
    /// behind it by itself.
    ///
    /// A status from 502 to 504 is a proxy's word that what stands behind it does not answer (RFC
    /// 9110 section 15.6).
    pub(crate) fn of_host(&self) -> HostEvidence {
        match self {
            Self::Dns { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Tls { .. }
            | Self::HungUp { .. }
            | Self::Lost { .. }
            | Self::PongTimeout { .. } => HostEvidence::Fails,
            Self::Http(answer) if (502..=504).contains(&answer.status) => HostEvidence::Fails,
            Self::Http(_)
            | Self::InvalidHandshake { .. }
            | Self::Subprotocol(_)
            | Self::Opening { .. }
            | Self::Closed { .. }
            | Self::TooBig { .. }
            | Self::InvalidText
            | Self::PingFlood { .. }
            | Self::Protocol { .. }
            | Self::HeartbeatTimeout { .. }
            | Self::Silent { .. } => HostEvidence::Answers,
            Self::Proxy { why, .. } => match &**why {
                // It can be the proxy's own fault or that of the way behind it; tinyproxy says 500 of both.
                Self::Http(answer) if answer.status >= 500 => HostEvidence::Fails,
                why if why.of_host() == HostEvidence::Fails => HostEvidence::Fails,
                // It refuses to ask the host, which says nothing about it.
                _ => HostEvidence::Nothing,
            },
            // The token service is another host.
            Self::Token { .. }
            | Self::LocalResources { .. }
            | Self::Certificate { .. }
            | Self::Options { .. }
            | Self::NotConfigured { .. }
            | Self::Internal => HostEvidence::Nothing,
        }
    }

    /// Whether what has to change is common to the service's endpoints, so that a success of another one is news: the
    /// host's certificate, or the client at the token service.
    pub(crate) fn is_common(&self) -> bool {
        match self {
            Self::Tls { .. } => true,
            Self::Token { fault, .. } => fault.is_refusal(),
            _ => false,
        }
    }
}
