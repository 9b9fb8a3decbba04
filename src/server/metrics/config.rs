//! Who may scrape, and how much.

use secrecy::SecretString;
use tracing::{info, warn};

/// Who may scrape, and how much.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// The bearer token to ask for. Without one only clients on this machine are answered, and nobody
    /// where browsers come by a public URL.
    pub token: Option<SecretString>,
    /// With more endpoints than this, the series of single endpoints are left out.
    pub endpoint_limit: usize,
}

impl MetricsConfig {
    /// Logs who may scrape, where no token decides it.
    pub(in crate::server) fn tell(&self, is_public: bool) {
        match (&self.token, is_public) {
            (Some(_), _) => {}
            (None, true) => warn!("/metrics answers nobody until WSMON_METRICS_TOKEN is set, as there is a public URL"),
            (None, false) => info!("/metrics answers only clients on this machine, as WSMON_METRICS_TOKEN is not set"),
        }
    }
}
