//! How connections are opened, watched and tried again.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::{
    backoff::Backoff,
    dial::{Tcp, Transport},
    freshness::FreshnessConfig,
    gate::GateConfig,
    keeper::{Keeper, NoopKeeper},
    secrets_dir::SecretsDir,
    tokens::TokenService,
};
use crate::clock::{Clock, SystemClock};
use wsmon_model::ServiceName;

/// How connections are opened, watched and tried again, and what of the world they touch.
#[derive(Clone)]
pub struct ManagerConfig {
    /// The deadline over name, TCP, TLS and upgrade.
    pub handshake_timeout: Duration,
    /// How often a connection is pinged, unless its options say otherwise.
    pub ping_interval: Duration,
    /// How long a pong may take, unless its options say otherwise.
    pub pong_timeout: Duration,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// How attempts are admitted to a host.
    pub gate: GateConfig,
    /// How it is learned what is usual for a feed.
    pub freshness: FreshnessConfig,
    /// The only directory from which files that options name are read; `None` refuses every file.
    pub secrets_dir: Option<SecretsDir>,
    /// The most sockets that may be open at once, dialed ones included; `None` leaves the limit to
    /// the operating system.
    pub most_sockets: Option<usize>,
    /// The most bytes that all connections together keep of messages that have not come whole. A connection that would
    /// keep more is given up, as the monitor's own fault.
    pub most_in_flight: usize,
    /// Where the jitter starts; the same seed gives the same delays.
    pub seed: u64,
    /// What issues the tokens with which endpoints sign in that have no sign-in of their own, by service.
    pub token_services: BTreeMap<ServiceName, Arc<dyn TokenService>>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// What time it is on the wall. Delays and deadlines go by tokio's clock.
    pub clock: Arc<dyn Clock>,
    /// What outlives the process.
    pub keeper: Arc<dyn Keeper>,
}

impl Default for ManagerConfig {
    /// The operating system's network and clock, and nothing kept.
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            pong_timeout: Duration::from_secs(10),
            backoff: Backoff::default(),
            gate: GateConfig::default(),
            freshness: FreshnessConfig::default(),
            secrets_dir: None,
            most_sockets: None,
            most_in_flight: 128 * 1024 * 1024,
            seed: rand::random(),
            token_services: BTreeMap::new(),
            transport: Arc::new(Tcp),
            clock: Arc::new(SystemClock),
            keeper: Arc::new(NoopKeeper),
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
            .field("gate", &self.gate)
            .field("freshness", &self.freshness)
            .field("secrets_dir", &self.secrets_dir)
            .field("most_sockets", &self.most_sockets)
            .field("most_in_flight", &self.most_in_flight)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
