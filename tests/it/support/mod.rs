//! What the tests share.

#[path = "../../common/mod.rs"]
mod common;
pub mod monitor;
pub mod upstream;
#[path = "../../common/wire.rs"]
pub mod wire;

use wsmon_manager::{Base, ConnectionManager, ManagerConfig};

pub use self::common::{name, soon};

/// A manager below a base URL, whose jitter is the same in every run.
pub fn manager(base: Base) -> ConnectionManager {
    ConnectionManager::new(base, ManagerConfig { seed: 1, ..ManagerConfig::default() })
}
