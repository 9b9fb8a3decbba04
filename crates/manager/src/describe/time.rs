//! Times in sentences.

use std::time::Duration;

pub(super) fn within(after_ms: Option<u64>) -> String {
    after_ms.map_or_else(|| "in time".to_owned(), |ms| format!("within {}", seconds(ms)))
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{} s", Duration::from_millis(ms).as_secs_f64())
}
