//! How long a feed is usually quiet between two messages, learned from the feed itself. Pure.
//!
//! Intervals are collected in windows, and of each window the longest is kept. What is usual is the second longest of the
//! last windows: one outage that the feed survived does not make the next one usual, and a feed that pauses regularly
//! (a market that closes) has the pause in more than one window. The second largest of block maxima is a simple robust estimate
//! of an upper bound; a quantile of the intervals themselves says nothing of bursts, where nearly all intervals are tiny.

use std::time::Duration;

/// How many windows are remembered.
const WINDOWS: usize = 8;

/// How many windows there must be before anything counts as unusual.
const ENOUGH: usize = 3;

/// A window has at least this many intervals, so that a slow feed fills it as well,
const INTERVALS: u32 = 10;

/// and lasts at least this long, so that a burst does not fill it.
const LASTS: Duration = Duration::from_secs(5 * 60);

/// A silence is unusual when it is longer than the longest usual one by this factor,
const FACTOR: u32 = 4;

/// and than this.
const LEAST: Duration = Duration::from_secs(10);

/// What is known of a feed's silences. 56 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Freshness {
    /// The longest interval of each of the last windows, in milliseconds, the latest last; 0 where there is none yet.
    longest_ms: [u32; WINDOWS],
    window: Window,
}

/// The window that is being filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    intervals: u32,
    longest_ms: u32,
    lasted_ms: u32,
}

impl Freshness {
    /// What was learned before.
    pub(super) fn learned(longest: &[u32]) -> Self {
        let mut longest_ms = [0; WINDOWS];
        let kept = &longest[longest.len().saturating_sub(WINDOWS)..];
        longest_ms[WINDOWS - kept.len()..].copy_from_slice(kept);
        Self { longest_ms, window: Window::default() }
    }

    /// What is worth keeping, for a later [`Freshness::learned`].
    pub(super) fn to_kept(self) -> Vec<u32> {
        self.known().collect()
    }

    /// Learns of an interval between two messages of one session. Returns whether that ended a window.
    pub(super) fn observe(&mut self, interval: Duration) -> bool {
        // 0 stands for no window.
        let ms = millis(interval).max(1);
        let window = &mut self.window;
        window.intervals = window.intervals.saturating_add(1);
        window.longest_ms = window.longest_ms.max(ms);
        window.lasted_ms = window.lasted_ms.saturating_add(ms);
        if window.intervals < INTERVALS || window.lasted_ms < millis(LASTS) {
            return false;
        }
        self.longest_ms.rotate_left(1);
        self.longest_ms[WINDOWS - 1] = window.longest_ms;
        self.window = Window::default();
        true
    }

    /// The longest silence that is usual, once enough is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        let mut known: Vec<u32> = self.known().collect();
        if known.len() < ENOUGH {
            return None;
        }
        known.sort_unstable();
        Some(Duration::from_millis(known[known.len() - 2].into()))
    }

    /// The silence from which on a feed is unusually quiet, once enough is known.
    pub(super) fn unusual_after(&self) -> Option<Duration> {
        self.usual().map(|usual| usual.saturating_mul(FACTOR).max(LEAST))
    }

    fn known(&self) -> impl Iterator<Item = u32> {
        self.longest_ms.into_iter().filter(|ms| *ms > 0)
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// What is known after so many intervals.
    fn after(intervals: impl IntoIterator<Item = Duration>) -> Freshness {
        let mut freshness = Freshness::default();
        intervals.into_iter().for_each(|interval| drop(freshness.observe(interval)));
        freshness
    }

    #[test]
    fn nothing_is_unusual_until_enough_is_known() {
        assert_eq!(after([]).unusual_after(), None);
        assert_eq!(after(vec![SECOND; 899]).unusual_after(), None);
        assert_eq!(after(vec![SECOND; 900]).unusual_after(), Some(LEAST), "three windows of five minutes");
    }

    #[test]
    fn a_feed_that_speaks_once_an_hour_is_not_quiet_between() {
        let hour = 3_600 * SECOND;
        assert_eq!(after(vec![hour; 30]).unusual_after(), Some(4 * hour));
    }

    #[test]
    fn a_feed_of_bursts_is_not_quiet_between_them() {
        let burst = [vec![SECOND / 100; 500], vec![60 * SECOND]].concat();
        assert_eq!(after((0..30).flat_map(|_| burst.clone())).usual(), Some(60 * SECOND));
    }

    #[test]
    fn one_outage_does_not_make_the_next_usual() {
        let steady = vec![SECOND; 3_000];
        let once = [steady.clone(), vec![1_000 * SECOND], steady].concat();
        assert_eq!(after(once).usual(), Some(SECOND));
    }

    #[test]
    fn a_pause_that_comes_again_becomes_usual() {
        let hour = [vec![SECOND; 300], vec![600 * SECOND]].concat();
        assert_eq!(after((0..6).flat_map(|_| hour.clone())).usual(), Some(600 * SECOND));
    }

    /// Random intervals of one mean (a Poisson process), a day long: the feed is never called quiet.
    #[test]
    fn a_feed_at_random_is_rarely_called_quiet() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut freshness = Freshness::default();
        let (mut called, mut intervals) = (0, 0);
        for _ in 0..86_400 / 10 {
            let interval = SECOND.mul_f64(-10.0 * (1.0 - rng.random::<f64>()).ln());
            intervals += 1;
            called += u32::from(freshness.unusual_after().is_some_and(|unusual| interval > unusual));
            freshness.observe(interval);
        }
        assert_eq!(called, 0, "of {intervals} intervals");
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(intervals in prop::collection::vec(0_u64..10_000_000, 0..2_000)) {
            let freshness = after(intervals.into_iter().map(Duration::from_millis));
            prop_assert_eq!(Freshness::learned(&freshness.to_kept()).usual(), freshness.usual());
        }

        /// The estimate never exceeds what was seen, nor falls below the second longest of the last windows' shortest.
        #[test]
        fn what_is_usual_was_seen(intervals in prop::collection::vec(1_u64..10_000_000, 0..2_000)) {
            let longest = intervals.iter().copied().max();
            let usual = after(intervals.into_iter().map(Duration::from_millis)).usual();
            prop_assert!(usual.is_none_or(|usual| longest.is_some_and(|longest| usual.as_millis() <= longest.into())));
        }
    }
}
