//! Times on the wire and in the store.

use std::time::{SystemTime, UNIX_EPOCH};

/// A time as Unix milliseconds.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
