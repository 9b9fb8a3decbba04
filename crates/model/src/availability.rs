//! How long an endpoint was there: exact periods, and what follows from them for a window of time. Pure.
//!
//! What is kept are [`Transition`]s. A [`History`] makes [`Period`]s of them that neither overlap nor have negative
//! lengths, whatever the clock did, and adds them up. Time of which nothing was noted is *no data*, not an outage.

mod gaps;
mod history;
mod report;
mod strip;
#[cfg(test)]
mod tests;
mod window;

pub use self::{
    gaps::{GAPS_FILE, Gap, GapReason},
    history::History,
    report::{AvailabilityReport, WindowReport},
    strip::{Bucket, BucketKind},
    window::{Availability, WINDOWS, Window},
};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// How an endpoint is counted for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PeriodKind {
    /// Its session is open, and the opening has ended well.
    Up,
    /// It is to be up and is not: a gap.
    Down,
    /// It is not to be up: an administrator turned it off, or it is not connected again after it was lost.
    Off,
    /// Nobody watched: the monitor did not run.
    Unknown,
}

impl PeriodKind {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// From when on an endpoint is counted otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When, in Unix milliseconds by the monitor's clock.
    pub at_ms: i64,
    /// As what from then on.
    pub to: PeriodKind,
    /// Why it is down, as far as that is known.
    pub why: Option<GapReason>,
}

/// A time for which an endpoint is counted as one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// As what.
    pub kind: PeriodKind,
    /// Its first millisecond.
    pub from_ms: i64,
    /// The first one after it; that of now, if it lasts.
    pub to_ms: i64,
    /// Why it is down, as far as that is known.
    pub why: Option<GapReason>,
}
