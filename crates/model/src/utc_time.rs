//! Moments in UTC as text.

/// A moment as people read it, from Unix milliseconds: `2026-11-23 03:22:07`.
///
/// The date is Howard Hinnant's `civil_from_days` ("chrono-Compatible Low-Level Date Algorithms").
pub fn utc_text(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The same with its milliseconds: `2026-11-23 03:22:07.042`.
pub fn utc_text_ms(ms: i64) -> String {
    format!("{}.{:03}", utc_text(ms), ms.rem_euclid(1_000))
}

/// A moment as programs read it (ISO 8601), from Unix milliseconds: `2026-11-23T03:22:07.042Z`.
pub fn utc_iso(ms: i64) -> String {
    utc_text_ms(ms).replace(' ', "T") + "Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_709_251_199_999, "2024-02-29 23:59:59"),
            (1_709_251_200_000, "2024-03-01 00:00:00"),
            (4_107_542_399_000, "2100-02-28 23:59:59"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ];
        for (ms, text) in cases {
            assert_eq!(utc_text(ms), text);
        }
        assert_eq!(utc_text_ms(-1), "1969-12-31 23:59:59.999");
        assert_eq!(utc_iso(1_709_251_200_007), "2024-03-01T00:00:00.007Z");
    }
}
