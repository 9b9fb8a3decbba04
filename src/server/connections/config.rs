//! How connections are opened, watched and tried again.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    backoff::Backoff,
    dial::{Tcp, Transport},
};

/// How connections are opened, watched and tried again.
#[derive(Clone)]
pub struct ManagerConfig {
    /// The deadline over name, TCP, TLS and upgrade.
    pub handshake_timeout: Duration,
    /// How often a connection is pinged.
    pub ping_interval: Duration,
    /// How long a pong may take.
    pub pong_timeout: Duration,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// Where the jitter starts; the same seed gives the same delays.
    pub seed: u64,
    /// The network.
    pub transport: Arc<dyn Transport>,
}

impl Default for ManagerConfig {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            pong_timeout: Duration::from_secs(10),
            backoff: Backoff::default(),
            seed: rand::random(),
            transport: Arc::new(Tcp),
        }
    }
}

impl fmt::Debug for ManagerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerConfig")
            .field("handshake_timeout", &self.handshake_timeout)
            .field("ping_interval", &self.ping_interval)
            .field("pong_timeout", &self.pong_timeout)
            .field("backoff", &self.backoff)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
