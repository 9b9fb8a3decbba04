//! Times on the wire and in the store.

use std::time::{SystemTime, UNIX_EPOCH};

/// A clock on the wall, which people set and which may jump. What must not jump with it, such as a
/// deadline, goes by tokio's `Instant`.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> SystemTime;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A time as Unix milliseconds.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
