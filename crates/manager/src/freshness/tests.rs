use std::ops::Range;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const CONFIG: FreshnessConfig = FreshnessConfig { window: Duration::from_secs(300), least: Duration::from_secs(10) };

/// A feed, and what is known of it. It begins at noon.
struct Feed {
    freshness: Freshness,
    now: Duration,
}

impl Feed {
    fn new() -> Self {
        Self { freshness: Freshness::new(12, 0), now: 12 * HOUR }
    }

    /// A message comes after this interval. Returns whether the feed was called unusually quiet before that.
    fn after(&mut self, interval: Duration) -> bool {
        let called = self.is_quiet_after(interval);
        self.now += interval;
        let hour = u32::try_from(self.now.as_secs() / 3_600).expect("a few years");
        self.freshness.observe(interval, hour, millis(CONFIG.window));
        called
    }

    /// How often the feed is called unusually quiet.
    fn after_all(&mut self, intervals: impl IntoIterator<Item = Duration>) -> usize {
        intervals.into_iter().filter(|interval| self.after(*interval)).count()
    }

    /// Whether it is called unusually quiet when it brings nothing for so long.
    fn is_quiet_after(&self, silence: Duration) -> bool {
        self.freshness.usual().is_some_and(|usual| silence > CONFIG.unusual_after(usual))
    }

    /// As after a restart: what was not kept is gone.
    fn restarted(self) -> Self {
        Self { freshness: Freshness::from_kept(&self.freshness.to_kept()).expect("just kept"), ..self }
    }
}

/// Random intervals of one mean (a Poisson process) for so long.
fn at_random(seed: u64, mean: Duration, lasting: Duration) -> impl Iterator<Item = Duration> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut left = lasting;
    std::iter::from_fn(move || {
        let interval = mean.mul_f64(-(1.0 - rng.random::<f64>()).ln());
        left = left.checked_sub(interval)?;
        Some(interval)
    })
}

#[test]
fn nothing_is_unusual_of_a_feed_that_was_held_briefly() {
    let mut feed = Feed::new();
    assert!(!feed.is_quiet_after(100 * HOUR));
    feed.after_all(vec![SECOND; 899]);
    assert_eq!(feed.freshness.usual(), None);
    feed.after(SECOND);
    assert_eq!(feed.freshness.usual(), Some(Duration::from_millis(1_024)), "three windows of five minutes");
    assert!(!feed.is_quiet_after(10 * SECOND) && feed.is_quiet_after(11 * SECOND));
}

#[test]
fn a_feed_that_speaks_once_an_hour_is_known_after_a_day() {
    let mut feed = Feed::new();
    assert_eq!(feed.after_all(vec![HOUR; 24]), 0);
    assert!(!feed.is_quiet_after(3 * HOUR) && feed.is_quiet_after(5 * HOUR));
    assert_eq!(feed.after_all(vec![HOUR; 1_000]), 0);
}

#[test]
fn a_feed_of_bursts_is_not_quiet_between_them() {
    for pause in [20 * SECOND, 60 * SECOND, 1_200 * SECOND] {
        let burst = [vec![SECOND / 100; 500], vec![pause]].concat();
        let mut feed = Feed::new();
        assert_eq!(feed.after_all((0..200).flat_map(|_| burst.clone())), 0, "{pause:?}");
        assert!(feed.is_quiet_after(5 * pause));
    }
}

#[test]
fn one_outage_does_not_make_the_next_usual_and_a_pause_that_comes_again_is() {
    let mut feed = Feed::new();
    feed.after_all(vec![SECOND; 3_000]);
    assert!(feed.after(1_000 * SECOND));
    feed.after_all(vec![SECOND; 3_000]);
    assert!(feed.is_quiet_after(11 * SECOND), "an outage before");
    let with_pause = [vec![SECOND; 300], vec![600 * SECOND]].concat();
    feed.after_all((0..6).flat_map(|_| with_pause.clone()));
    assert_eq!(feed.after_all((0..100).flat_map(|_| with_pause.clone())), 0);
}

/// One seed in which a silence happens to be long is no fault; thousands of silences that are called unusual are.
#[test]
fn feeds_at_random_are_rarely_called_quiet() {
    for mean in [SECOND / 10, SECOND, 10 * SECOND, 60 * SECOND, 600 * SECOND] {
        let mut called = 0;
        let mut intervals = 0;
        for seed in 0..20 {
            let all: Vec<_> = at_random(seed, mean, mean * 8_000).collect();
            intervals += all.len();
            called += Feed::new().after_all(all);
        }
        assert!(called <= intervals / 10_000, "{called} of {intervals} with a mean of {mean:?}");
    }
}

/// The seconds of the day in which a market is open, 6.5 hours as in New York.
const OPEN: Range<u64> = 52_200..75_600;

/// Trades of a market, a few each second while it is open on weekdays: the days after the first `from`, and the number of
/// times that the feed was called unusually quiet.
fn trade(feed: &mut Feed, days: Range<u64>) -> usize {
    let mut called = 0;
    for day in days.filter(|day| day % 7 < 5) {
        let opens = Duration::from_secs(day * 86_400 + OPEN.start);
        called += usize::from(feed.after(opens - feed.now));
        let lasting = Duration::from_secs(OPEN.end - OPEN.start);
        called += feed.after_all(at_random(day, SECOND / 2, lasting));
    }
    called
}

#[test]
fn a_market_that_closes_at_night_is_not_unusual_then_and_is_found_to_have_stopped_by_day() {
    let mut feed = Feed::new();
    assert!(trade(&mut feed, 0..4) <= 3, "until nights are known");
    assert_eq!(trade(&mut feed, 4..28), 0, "also over weekends");
    // In the midst of the next day it stops.
    let opens = Duration::from_secs(28 * 86_400 + OPEN.start);
    feed.after(opens - feed.now);
    assert_eq!(feed.after_all(at_random(28, SECOND / 2, 2 * HOUR)), 0);
    assert!(feed.is_quiet_after(60 * SECOND), "{:?}", feed.freshness.usual());
}

#[test]
fn a_restart_in_the_midst_forgets_nothing_that_counts() {
    let mut feed = Feed::new();
    trade(&mut feed, 0..14);
    let usual = feed.freshness.usual();
    // It is night.
    let feed = feed.restarted();
    assert_eq!(feed.freshness.usual(), usual);
    assert!(!feed.is_quiet_after(17 * HOUR));
}

#[test]
fn what_counts_has_a_fingerprint_that_stays() {
    // Of FNV-1a's own test vectors.
    assert_eq!([None, Some("a"), Some("foobar")].map(fingerprint), [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]);
    assert!(!Freshness::new(0, fingerprint(Some("^hb$"))).is_of(fingerprint(None)));
}

fn intervals() -> impl Strategy<Value = Vec<Duration>> {
    prop::collection::vec((0..24_u32).prop_map(|bits| 1_u64 << bits), 0..600)
        .prop_flat_map(|powers| powers.into_iter().map(|power| 0..power).collect::<Vec<_>>())
        .prop_map(|all| all.into_iter().map(Duration::from_millis).collect())
}

proptest! {
    #[test]
    fn what_is_kept_comes_back(intervals in intervals()) {
        let mut feed = Feed::new();
        feed.after_all(intervals);
        let usual = feed.freshness.usual();
        prop_assert_eq!(feed.restarted().freshness.usual(), usual);
    }

    /// Whatever is in the store, nothing breaks.
    #[test]
    fn what_was_not_kept_like_that_is_left_out(mut kept in prop::collection::vec(any::<u8>(), 0..120), then in intervals()) {
        prop_assert!(Freshness::from_kept(&kept).is_none() || kept.len() == 93 && kept[0] == 1);
        kept.resize(93, 0);
        kept[0] = 1;
        let mut feed = Feed { freshness: Freshness::from_kept(&kept).expect("of this version"), now: 12 * HOUR };
        feed.after_all(then);
        prop_assert_eq!(feed.freshness.to_kept().len(), 93);
    }

    /// What is usual was seen, at least twice or nearly so: never more than the second longest of all.
    #[test]
    fn what_is_usual_was_seen_twice(intervals in intervals()) {
        let mut feed = Feed::new();
        let mut longest = intervals.clone();
        feed.after_all(intervals);
        longest.sort_unstable();
        if let Some(usual) = feed.freshness.usual() {
            let second = longest[longest.len() - 2].max(Duration::from_millis(1));
            prop_assert!(usual <= second + second / 8 + Duration::from_millis(1), "{:?} > {:?}", usual, second);
        }
    }

    /// However long one silence among steady messages lasts, it is not usual afterwards.
    #[test]
    fn one_silence_is_no_habit(steady_ms in 20..30_000_u64, before in 100..2_000_usize, outage_h in 1..200_u32) {
        let steady = Duration::from_millis(steady_ms);
        let mut feed = Feed::new();
        feed.after_all(vec![steady; before]);
        feed.after(outage_h * HOUR);
        feed.after_all(vec![steady; 100]);
        prop_assert!(feed.freshness.usual().is_none_or(|usual| usual <= steady + steady / 8 + Duration::from_millis(1)));
    }
}
