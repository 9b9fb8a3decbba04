//! How long a feed is usually quiet between two messages, learned from the feed itself. Pure.
//!
//! Two kinds of maxima are kept. Of each *window*, which lasts at least five minutes and has at least eight intervals, the
//! longest interval: they tell after a quarter of an hour what is usual lately. And of each *hour of the day* the longest
//! silence that began in it, on the last three days on which one did: a feed that is quiet every night, as its market is
//! closed, is not unusual then, and yet is found to have stopped at noon.
//!
//! What is usual is the second longest of either kind: one outage does not make the next one usual, a pause that comes again
//! does. Maxima of blocks are used, as quantiles of all intervals say nothing of a feed of bursts: nearly all of its
//! intervals are tiny.

mod kept;
mod rounded;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::rounded::Rounded;

/// How many windows are remembered.
const WINDOWS: usize = 8;

/// How many windows there must be before anything is usual.
const ENOUGH: usize = 3;

/// A window has at least this many intervals, so that a slow feed fills it as well.
const INTERVALS: u8 = 8;

/// How many days are remembered of each hour.
const DAYS: usize = 3;

const HOURS: usize = 24;

/// A silence is unusual when it is longer than the longest usual one by this factor.
const FACTOR: u32 = 4;

/// How it is learned what is usual for a feed, and what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessConfig {
    /// How long a window lasts at least, of which the longest silence is learned: so long that a burst does not fill it.
    pub window: Duration,
    /// No silence is unusual that is shorter than this.
    pub least: Duration,
}

impl Default for FreshnessConfig {
    /// Five minutes, and ten seconds.
    fn default() -> Self {
        Self { window: Duration::from_secs(5 * 60), least: Duration::from_secs(10) }
    }
}

impl FreshnessConfig {
    /// The silence beyond which a feed is unusually quiet that is usually quiet for at most `usual`.
    pub(super) fn unusual_after(&self, usual: Duration) -> Duration {
        usual.saturating_mul(FACTOR).max(self.least)
    }
}

/// What is known of a feed's silences. Its budget is in `sizes.rs`, as each feed that sends has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Freshness {
    /// The longest interval of each of the last windows, the latest last.
    recent: [Rounded; WINDOWS],
    /// The longest silence that began in each hour of the day (UTC), on the last days on which one did.
    hours: [[Rounded; DAYS]; HOURS],
    /// The hour in which the latest message came, or before any the connection was opened, since 1970.
    hour: u32,
    /// The longest silence that began in it and has ended.
    hour_longest_ms: u32,
    /// The window that is being filled.
    longest_ms: u32,
    lasted_ms: u32,
    intervals: u8,
    is_changed: bool,
    /// Which messages count, see [`fingerprint`].
    counted: u32,
}

impl Freshness {
    /// Nothing yet, of a feed that was opened in this hour since 1970.
    pub(super) fn new(hour: u32, counted: u32) -> Self {
        Self {
            recent: [Rounded::NONE; WINDOWS],
            hours: [[Rounded::NONE; DAYS]; HOURS],
            hour,
            hour_longest_ms: 0,
            longest_ms: 0,
            lasted_ms: 0,
            intervals: 0,
            is_changed: false,
            counted,
        }
    }

    /// Whether this was learned of the same kind of messages.
    pub(super) fn is_of(&self, counted: u32) -> bool {
        self.counted == counted
    }

    /// Whether nothing was learned yet.
    pub(super) fn is_empty(&self) -> bool {
        self.hour_longest_ms == 0 && self.hours.iter().flatten().chain(&self.recent).all(|each| *each == Rounded::NONE)
    }

    /// Learns of an interval between two messages of one session, of which the latter came in this hour since 1970.
    pub(super) fn observe(&mut self, interval: Duration, hour: u32, window_ms: u32) {
        // 0 stands for none.
        let ms = millis(interval).max(1);
        self.hour_longest_ms = self.hour_longest_ms.max(ms);
        self.longest_ms = self.longest_ms.max(ms);
        self.lasted_ms = self.lasted_ms.saturating_add(ms);
        self.intervals = self.intervals.saturating_add(1);
        if hour != self.hour {
            push(&mut self.hours[of_day(self.hour)], self.hour_longest_ms);
            (self.hour, self.hour_longest_ms) = (hour, 0);
            self.is_changed = true;
        }
        if self.intervals >= INTERVALS && self.lasted_ms >= window_ms {
            let before = self.usual();
            push(&mut self.recent, self.longest_ms);
            (self.longest_ms, self.lasted_ms, self.intervals) = (0, 0, 0);
            self.is_changed |= self.usual() != before;
        }
    }

    /// The longest silence that is usual from the latest message on, once enough is known. At most an eighth too long.
    pub(super) fn usual(&self) -> Option<Duration> {
        if self.recent.iter().filter(|longest| **longest != Rounded::NONE).count() < ENOUGH {
            return None;
        }
        let hour = of_day(self.hour);
        // Nothing begins on the minute, and clocks are set in spring and in autumn.
        let near = [hour + HOURS - 1, hour, hour + 1].into_iter().flat_map(|hour| self.hours[hour % HOURS]);
        Some(second_longest(self.recent).max(second_longest(near)).duration())
    }

    /// Whether what is worth keeping has changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// What was to be kept could not be.
    pub(super) fn set_changed(&mut self) {
        self.is_changed = true;
    }
}

/// Tells which messages count, by the expression for those that do not: what was learned of others says nothing.
/// FNV-1a, 32 bits, as it has to be the same in later versions.
pub(super) fn fingerprint(not_data: Option<&str>) -> u32 {
    let bytes = not_data.unwrap_or_default().bytes();
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn push<const N: usize>(ring: &mut [Rounded; N], ms: u32) {
    ring.rotate_left(1);
    ring[N - 1] = Rounded::up(ms);
}

fn second_longest(known: impl IntoIterator<Item = Rounded>) -> Rounded {
    let (_, second) = known.into_iter().fold((Rounded::NONE, Rounded::NONE), |(first, second), each| {
        if each > first { (each, first) } else { (first, second.max(each)) }
    });
    second
}

fn of_day(hour: u32) -> usize {
    hour as usize % HOURS
}

/// Milliseconds, 49 days at most.
pub(super) fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
