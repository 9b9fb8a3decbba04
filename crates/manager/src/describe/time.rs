//! Times in sentences.

use std::time::{Duration, UNIX_EPOCH};

pub(super) fn within(after_ms: Option<u64>) -> String {
    after_ms.map_or_else(|| "in time".to_owned(), |ms| format!("within {}", seconds(ms)))
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{} s", Duration::from_millis(ms).as_secs_f64())
}

/// A span of time in its two largest units: `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn lasting(span: Duration) -> String {
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

/// The last second that a date in HTTP can tell: the end of the year 9999.
const LAST_DATE_S: u64 = 253_402_300_799;

const HOUR_MS: i64 = 60 * 60 * 1_000;

const DAY_MS: i64 = 24 * HOUR_MS;

/// A day, such as `01 Jan 2001`.
pub(super) fn date(unix_ms: i64) -> String {
    http_date(unix_ms)[5..16].to_owned()
}

/// A minute, such as `01 Jan 2001 00:00 UTC`.
pub(crate) fn moment(unix_ms: i64) -> String {
    format!("{} UTC", &http_date(unix_ms)[5..22])
}

/// A second, such as `Mon, 01 Jan 2001 00:00:00 GMT`.
fn http_date(unix_ms: i64) -> String {
    let seconds = u64::try_from(unix_ms / 1_000).unwrap_or_default().min(LAST_DATE_S);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// A span in whole days, or in hours if it is shorter than two days, rounded down.
pub(super) fn days(ms: i64) -> String {
    let (number, unit) = if ms < 2 * DAY_MS { (ms / HOUR_MS, "hour") } else { (ms / DAY_MS, "day") };
    match number {
        0 => "less than an hour".to_owned(),
        1 => format!("1 {unit}"),
        more => format!("{more} {unit}s"),
    }
}
