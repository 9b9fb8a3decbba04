//! What of a window of time an endpoint was there.

use serde::{Deserialize, Serialize};

use super::{History, Period, PeriodKind};

const HOUR_MS: i64 = 3_600_000;

/// A window of time up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its length in milliseconds.
    pub length_ms: i64,
}

/// The windows that are shown: an hour, a day, a week, 30 days and 90 days.
pub const WINDOWS: [Window; 5] = [
    Window { length_ms: HOUR_MS },
    Window { length_ms: 24 * HOUR_MS },
    Window { length_ms: 7 * 24 * HOUR_MS },
    Window { length_ms: 30 * 24 * HOUR_MS },
    Window { length_ms: 90 * 24 * HOUR_MS },
];

impl Window {
    /// Its name for people.
    pub fn label(self) -> String {
        let hours = self.length_ms / HOUR_MS;
        if hours <= 24 { format!("{hours} h") } else { format!("{} d", hours / 24) }
    }
}

/// Milliseconds of a window, as what they count. Together they are the whole window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Up.
    pub up_ms: i64,
    /// Down, although it is to be up.
    pub down_ms: i64,
    /// No data: nobody watched, or it was not there yet.
    pub unknown_ms: i64,
    /// Not to be up.
    pub off_ms: i64,
}

impl Availability {
    /// Hundredths of a percent of the time for which it was to be up and was watched, rounded down: 10,000 only if it was
    /// never down. None if there was no such time.
    pub fn basis_points(self) -> Option<u32> {
        let wanted_ms = i128::from(self.up_ms) + i128::from(self.down_ms);
        (wanted_ms > 0).then(|| u32::try_from(i128::from(self.up_ms) * 10_000 / wanted_ms).unwrap_or(10_000))
    }

    /// The same as a percentage for people.
    pub fn percent(self) -> Option<String> {
        let points = self.basis_points()?;
        Some(format!("{}.{:02} %", points / 100, points % 100))
    }
}

impl History {
    /// What the milliseconds from one moment up to another count as.
    pub fn between(&self, from_ms: i64, to_ms: i64) -> Availability {
        let first = self.periods().partition_point(|period| period.to_ms <= from_ms);
        let periods = self.periods().iter().skip(first).take_while(|period| period.from_ms < to_ms);
        let mut sums = Availability::default();
        for &Period { kind, from_ms: begins_ms, to_ms: ends_ms, .. } in periods {
            let within_ms = ends_ms.min(to_ms) - begins_ms.max(from_ms);
            match kind {
                PeriodKind::Up => sums.up_ms += within_ms,
                PeriodKind::Down => sums.down_ms += within_ms,
                PeriodKind::Off => sums.off_ms += within_ms,
                PeriodKind::Unknown => {}
            }
        }
        sums.unknown_ms = (to_ms - from_ms).max(0) - sums.up_ms - sums.down_ms - sums.off_ms;
        sums
    }

    /// What a window counts as.
    pub fn availability(&self, window: Window) -> Availability {
        self.between(self.now_ms() - window.length_ms, self.now_ms())
    }
}
