//! Intervals without data.

use serde::{Deserialize, Serialize};

use super::{History, Period, PeriodKind};
use crate::Cause;

/// Why an endpoint was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Its session ended or an attempt failed.
    Failure(Cause),
    /// Its session had grown old, and the service takes no second one.
    ClosedToRotate,
    /// It has new options, with which a session had to be opened anew.
    OptionsChanged,
}

/// The name of the file of all gaps, below a connection's page.
pub const GAPS_FILE: &str = "gaps.csv";

/// The word where no more is known than that no session was open yet.
const NOT_YET_OPEN: &str = "not_yet_open";

impl GapReason {
    /// The word for machines: a cause's, where there is one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failure(cause) => cause.as_str(),
            Self::ClosedToRotate => "closed_to_rotate",
            Self::OptionsChanged => "options_changed",
        }
    }

    /// Reads the word; none of one that a newer version wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "closed_to_rotate" => Some(Self::ClosedToRotate),
            "options_changed" => Some(Self::OptionsChanged),
            cause => cause.parse().ok().map(Self::Failure),
        }
    }
}

/// An interval without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its first millisecond.
    pub from_ms: i64,
    /// The first one after it; none while it lasts.
    pub to_ms: Option<i64>,
    /// How long it was, or is so far, in milliseconds.
    pub length_ms: i64,
    /// Why, as far as that is known.
    pub why: Option<GapReason>,
}

impl Gap {
    /// Why, as a word for machines.
    pub fn why_word(self) -> &'static str {
        self.why.map_or(NOT_YET_OPEN, GapReason::as_str)
    }

    /// Why, in words for people: those of the machines are theirs as well.
    pub fn why_label(self) -> String {
        let words = self.why_word().replace('_', " ");
        let (first, rest) = words.split_once(' ').unwrap_or((&words, ""));
        match first {
            "dns" | "tls" | "http" => format!("{} {rest}", first.to_uppercase()),
            _ => words.get(..1).unwrap_or_default().to_uppercase() + words.get(1..).unwrap_or_default(),
        }
    }
}

impl History {
    /// All gaps, oldest first.
    pub fn gaps(&self) -> impl DoubleEndedIterator<Item = Gap> + '_ {
        let last = self.periods().len().saturating_sub(1);
        let down = self.periods().iter().enumerate().filter(|(_, period)| period.kind == PeriodKind::Down);
        down.map(move |(index, &Period { from_ms, to_ms, why, .. })| Gap {
            from_ms,
            to_ms: (index < last).then_some(to_ms),
            length_ms: to_ms - from_ms,
            why,
        })
    }
}
