//! When a connection that its host's certificate blocks is tried before its time.

use tokio::time::{Instant, sleep_until};

use crate::gate::HostGate;

/// When a connection that its host's certificate blocks is tried before its time: once another attempt has succeeded
/// since, as the certificate may have been renewed, but not at once each time, as it may be the connection's own options
/// that do not fit the certificate.
#[derive(Clone, Copy)]
pub(crate) struct Renewal {
    /// The host's successes before the attempt.
    pub(super) successes_before: u64,
    pub(super) not_before: Instant,
}

impl Default for Renewal {
    fn default() -> Self {
        Self { successes_before: 0, not_before: Instant::now() }
    }
}

impl Renewal {
    pub(super) async fn wait(self, gate: &HostGate) {
        gate.success_after(self.successes_before).await;
        sleep_until(self.not_before).await;
    }
}
