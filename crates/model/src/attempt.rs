//! How an attempt to open a connection went.

use std::{net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// How far an attempt came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Resolving the host's name, which is the proxy's if the service has one.
    #[default]
    Dns,
    /// Opening the TCP connection, which is one to the service's proxy if it has one.
    Tcp,
    /// Waiting for the proxy to open a tunnel to the host.
    Proxy,
    /// Agreeing on TLS.
    Tls,
    /// Waiting for the answer to the upgrade request.
    Upgrade,
    /// Exchanging the messages that the opening asks for.
    Opening,
    /// Open: the attempt succeeded.
    Open,
}

/// An attempt: how far it came, to which address, and how long each stage took. A stage that a deadline or a failure cut
/// short has the time until then; one that was not reached has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempt {
    /// The last stage it reached.
    pub stage: Stage,
    /// The address that was connected to, or that was tried last: the proxy's if the service has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// Milliseconds for the name's resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<u32>,
    /// Milliseconds until a TCP connection was open; all addresses that were tried together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_ms: Option<u32>,
    /// Milliseconds until the proxy had opened a tunnel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_ms: Option<u32>,
    /// Milliseconds for the TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<u32>,
    /// Milliseconds between the upgrade request and its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_ms: Option<u32>,
    /// Milliseconds for the opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening_ms: Option<u32>,
}

impl Attempt {
    /// An attempt that came this far, of which no more is known.
    pub fn at(stage: Stage) -> Self {
        Self { stage, ..Self::default() }
    }

    /// Notes how long the stage that it has reached took.
    pub fn took(&mut self, time: Duration) {
        let ms = match self.stage {
            Stage::Dns => &mut self.dns_ms,
            Stage::Tcp => &mut self.tcp_ms,
            Stage::Proxy => &mut self.proxy_ms,
            Stage::Tls => &mut self.tls_ms,
            Stage::Upgrade => &mut self.upgrade_ms,
            Stage::Opening => &mut self.opening_ms,
            Stage::Open => return,
        };
        *ms = Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
    }

    /// How long a stage took, in milliseconds; `None` if it was not reached, or is under way.
    pub fn took_ms(&self, stage: Stage) -> Option<u32> {
        match stage {
            Stage::Dns => self.dns_ms,
            Stage::Tcp => self.tcp_ms,
            Stage::Proxy => self.proxy_ms,
            Stage::Tls => self.tls_ms,
            Stage::Upgrade => self.upgrade_ms,
            Stage::Opening => self.opening_ms,
            Stage::Open => None,
        }
    }
}
