//! Times in sentences.

use std::time::Duration;

pub(super) fn within(after_ms: Option<u64>) -> String {
    after_ms.map_or_else(|| "in time".to_owned(), |ms| format!("within {}", seconds(ms)))
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{} s", Duration::from_millis(ms).as_secs_f64())
}

/// A span of time in its two largest units: `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn lasting(span: Duration) -> String {
    let seconds = span.as_secs();
    let two = |large: u64, unit, small: u64, small_unit| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}
