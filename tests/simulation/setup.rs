//! What every simulated manager has in common.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};
use wsmon_manager::{Base, ManagerConfig, Transport, clock::Clock};

/// A runtime in which time passes only while nothing else is left to do.
pub fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// Where the simulated server is.
pub fn base() -> Base {
    "ws://upstream:80/ws/".parse().expect("a base URL")
}

/// The defaults, over a simulated network.
pub fn config(seed: u64, transport: impl Transport) -> ManagerConfig {
    let clock = Arc::new(SimulatedClock(Instant::now()));
    ManagerConfig { seed, transport: Arc::new(transport), clock, ..ManagerConfig::default() }
}

/// A minute, so that bounds read well.
pub const MINUTE: Duration = Duration::from_secs(60);

/// A clock on the wall that keeps pace with tokio's, so that a run is the same whenever it is made.
struct SimulatedClock(Instant);

impl Clock for SimulatedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.elapsed()
    }
}
