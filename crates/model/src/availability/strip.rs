//! A window as a strip of buckets.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{Availability, History, Window};

/// What a bucket shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BucketKind {
    /// Up for as long as it was to be and somebody watched.
    Up,
    /// Down for a part of it, and up for another.
    Partly,
    /// Down for as long as it was to be up and somebody watched.
    Down,
    /// Not to be up.
    Off,
    /// Nobody watched.
    NoData,
}

impl BucketKind {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Partly => "partly down",
            Self::Down => "down",
            Self::Off => "off",
            Self::NoData => "no data",
        }
    }

    fn of(sums: Availability) -> Self {
        match sums {
            Availability { up_ms: 1.., down_ms: 1.., .. } => Self::Partly,
            Availability { down_ms: 1.., .. } => Self::Down,
            Availability { up_ms: 1.., .. } => Self::Up,
            Availability { off_ms: 1.., .. } => Self::Off,
            _ => Self::NoData,
        }
    }
}

/// A part of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What it shows.
    pub kind: BucketKind,
    /// Its first millisecond.
    pub from_ms: i64,
    /// The first one after it.
    pub to_ms: i64,
    /// How many of its milliseconds it was down.
    pub down_ms: i64,
}

impl History {
    /// A window in so many buckets, as alike in length as whole milliseconds allow.
    pub fn strip(&self, window: Window, buckets: u32) -> Vec<Bucket> {
        let from_ms = self.now_ms() - window.length_ms;
        let edge = |index: u32| from_ms + window.length_ms * i64::from(index) / i64::from(buckets);
        let bucket = |index| {
            let (from_ms, to_ms) = (edge(index), edge(index + 1));
            let sums = self.between(from_ms, to_ms);
            Bucket { kind: BucketKind::of(sums), from_ms, to_ms, down_ms: sums.down_ms }
        };
        (0..buckets).map(bucket).collect()
    }
}
