//! Numbers and times as people read them. Pure.

pub use wsmon_model::utc_text as utc;

/// An answer that is younger than this is fresh, in milliseconds: two refreshes of the page.
const FRESH_MS: i64 = 10_000;

/// A span of time in its two largest units, from milliseconds: `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(minutes, "min", seconds % 60, "s"),
        3_600..86_400 => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

fn two(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// An exact span of time, from milliseconds: `7 ms`, `4.250 s`, and from a minute on as [`duration`].
pub fn exact_duration(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{} ms", ms.max(0)),
        1_000..60_000 => format!("{}.{:03} s", ms / 1_000, ms % 1_000),
        _ => duration(ms),
    }
}

/// How long ago something was, from milliseconds, in one unit: `just now`, `4 s ago`, `3 min ago`.
pub fn ago(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0 => "just now".to_owned(),
        1..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// How long ago something was at most, from milliseconds, rounded up: `within 1 s`, `within 5 min`.
pub fn within(ms: i64) -> String {
    let seconds = ceil(ms.max(1), 1_000);
    let (minutes, hours, days) = (ceil(seconds, 60), ceil(seconds, 3_600), ceil(seconds, 86_400));
    match (seconds, minutes, hours) {
        (..60, ..) => format!("within {seconds} s"),
        (_, ..60, _) => format!("within {minutes} min"),
        (_, _, ..24) => format!("within {hours} h"),
        _ => format!("within {days} d"),
    }
}

fn ceil(number: i64, unit: i64) -> i64 {
    (number + unit - 1) / unit
}

/// How long ago the last message came, as far as an answer of the server tells that has an age itself.
///
/// While the answer is fresh it is the age that the message had then: it does not grow with the page's
/// own age, as more may have come since. Once the answer is old, it is only known that the message came no
/// longer ago than both together.
pub fn last_message(age_then_ms: i64, answer_age_ms: i64) -> String {
    if answer_age_ms < FRESH_MS { ago(age_then_ms) } else { within(age_then_ms + answer_age_ms) }
}

/// How long until something happens, from milliseconds, rounded up: `now`, `in 4 s`.
pub fn until(ms: i64) -> String {
    if ms <= 0 { "now".to_owned() } else { format!("in {}", duration(ms + 999)) }
}

/// A count with its thousands apart: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of bytes in binary units: `512 B`, `1.5 KiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1_024 {
        return format!("{number} B");
    }
    // Tenths, rounded down, so that nothing is shown as 1024.0 of a unit.
    let mut tenths = number / 1_024 * 10 + number % 1_024 * 10 / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            (-5, "0 s"),
            (999, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (61_000, "1 min 1 s"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (100_800_000, "1 d 4 h"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn exact_durations() {
        let texts = [-1, 0, 999, 1_000, 59_999, 61_500].map(exact_duration);
        assert_eq!(texts, ["0 ms", "0 ms", "999 ms", "1.000 s", "59.999 s", "1 min 1 s"]);
    }

    #[test]
    fn moments() {
        assert_eq!(
            [0, 1_000, 61_000, 7_200_000, 200_000_000].map(ago),
            ["just now", "1 s ago", "1 min ago", "2 h ago", "2 d ago"]
        );
        assert_eq!([-1, 0, 1, 1_000, 1_001].map(until), ["now", "now", "in 1 s", "in 1 s", "in 2 s"]);
        assert_eq!(
            [-5, 0, 1_000, 1_001, 59_001, 61_000, 3_540_001, 3_600_001, 90_000_000].map(within),
            [
                "within 1 s",
                "within 1 s",
                "within 1 s",
                "within 2 s",
                "within 1 min",
                "within 2 min",
                "within 1 h",
                "within 2 h",
                "within 2 d"
            ]
        );
    }

    #[test]
    fn the_last_message_is_never_said_to_be_older_than_is_known() {
        let frequent = [0, 1_000, 4_999, 9_999].map(|answer_age| last_message(333, answer_age));
        assert_eq!(frequent, ["just now"; 4], "the page's own age is not the message's");
        assert_eq!(last_message(42_000, 4_000), "42 s ago");
        assert_eq!(last_message(333, 60_000), "within 2 min", "of an old answer the bound is all there is");
    }

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 1_023, 1_024, 1_536, 1_048_575, 1_048_576, 5_497_558_138_880].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1023.9 KiB", "1.0 MiB", "5.0 TiB"]
        );
    }
}
