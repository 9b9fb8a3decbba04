//! What a connection's page tells of its availability.

use serde::{Deserialize, Serialize};

use super::{Availability, Bucket, Gap, History, WINDOWS, Window};

/// Buckets of a strip: so many fit a phone.
const BUCKETS: u32 = 60;

/// Gaps that a page shows.
const GAPS_SHOWN: usize = 50;

/// What a page tells: as of a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityReport {
    /// When, in Unix milliseconds by the monitor's clock.
    pub now_ms: i64,
    /// Of each window.
    pub windows: Vec<WindowReport>,
    /// The latest gaps, newest first.
    pub gaps: Vec<Gap>,
    /// How many there are in all.
    pub all_gaps: u64,
}

/// What it tells of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowReport {
    /// Which.
    pub window: Window,
    /// How much of it was what.
    pub sums: Availability,
    /// When it was what.
    pub strip: Vec<Bucket>,
}

impl From<&History> for AvailabilityReport {
    fn from(history: &History) -> Self {
        let report =
            |window| WindowReport { window, sums: history.availability(window), strip: history.strip(window, BUCKETS) };
        Self {
            now_ms: history.now_ms(),
            windows: WINDOWS.map(report).to_vec(),
            gaps: history.gaps().rev().take(GAPS_SHOWN).collect(),
            all_gaps: u64::try_from(history.gaps().count()).unwrap_or(u64::MAX),
        }
    }
}
