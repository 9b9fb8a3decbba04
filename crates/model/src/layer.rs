//! The layers of a connection, of which one fails first.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Where a connection failed. In the order of an attempt, then of an open connection.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Layer {
    /// The monitor itself: what its machine lacks, its certificates, or the connection's own options. Never the host's fault.
    Local,
    /// The resolution of the host's name.
    Dns,
    /// The TCP connection.
    Tcp,
    /// The TLS handshake, certificates included.
    Tls,
    /// The HTTP answer to the upgrade request.
    Http,
    /// The WebSocket protocol: the opening handshake's content, frames, and close frames.
    Websocket,
    /// The messages that have to be exchanged before the connection counts as connected.
    Opening,
    /// The answers to pings.
    Heartbeat,
    /// The messages, or their absence.
    Data,
}

impl Layer {
    /// The word for machines: attributes, JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
