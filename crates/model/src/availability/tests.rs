//! What is added up is what happened, to the millisecond.

use super::{Availability, BucketKind, Gap, GapReason, History, PeriodKind, Transition, Window};
use crate::Cause;

const REFUSED: GapReason = GapReason::Failure(Cause::ConnectionRefused);
const LOST: GapReason = GapReason::Failure(Cause::ConnectionLost);

/// Numbers that are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("small")
    }

    fn ms_below(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).expect("small")
    }
}

fn to(at_ms: i64, to: PeriodKind, why: Option<GapReason>) -> Transition {
    Transition { at_ms, to, why }
}

/// What a service, an administrator and a monitor that is killed and started did, millisecond by millisecond from 0 on,
/// and what was noted of it.
struct Schedule {
    each_ms: Vec<PeriodKind>,
    noted: Vec<Transition>,
}

impl Schedule {
    fn random(seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let mut schedule = Self { each_ms: Vec::new(), noted: Vec::new() };
        schedule.last_for(&mut numbers, PeriodKind::Unknown);
        for _ in 0..numbers.below(60) {
            let kinds = [PeriodKind::Up, PeriodKind::Up, PeriodKind::Down, PeriodKind::Down, PeriodKind::Off];
            let kind = match numbers.below(6) {
                5 => PeriodKind::Unknown,
                index => kinds[index],
            };
            let at_ms = schedule.now_ms();
            schedule.noted.push(to(at_ms, kind, None));
            // Such as an attempt that fails while it is down.
            for _ in 0..numbers.below(3) {
                schedule.last_for(&mut numbers, kind);
                schedule.noted.push(to(schedule.now_ms(), kind, (kind == PeriodKind::Down).then_some(REFUSED)));
            }
            schedule.last_for(&mut numbers, kind);
        }
        schedule
    }

    fn last_for(&mut self, numbers: &mut Numbers, kind: PeriodKind) {
        let longest = [2, 20, 200][numbers.below(3)];
        let length = 1 + numbers.below(longest);
        self.each_ms.resize(self.each_ms.len() + length, kind);
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.each_ms.len()).expect("small")
    }

    /// What it was at a moment. Before the schedule nobody watched.
    fn at(&self, ms: i64) -> PeriodKind {
        let index = usize::try_from(ms).ok();
        index.and_then(|index| self.each_ms.get(index)).copied().unwrap_or(PeriodKind::Unknown)
    }

    fn count(&self, from_ms: i64, to_ms: i64) -> Availability {
        let mut counted = Availability::default();
        for ms in from_ms..to_ms {
            match self.at(ms) {
                PeriodKind::Up => counted.up_ms += 1,
                PeriodKind::Down => counted.down_ms += 1,
                PeriodKind::Off => counted.off_ms += 1,
                PeriodKind::Unknown => counted.unknown_ms += 1,
            }
        }
        counted
    }

    /// Where runs of milliseconds that are down begin, and where they end if they do.
    fn gaps(&self) -> Vec<(i64, Option<i64>)> {
        let mut gaps = Vec::new();
        for ms in 0..=self.now_ms() {
            let (before, is_end) = (self.at(ms - 1) == PeriodKind::Down, ms == self.now_ms());
            let now = !is_end && self.at(ms) == PeriodKind::Down;
            match (before, now) {
                (false, true) => gaps.push((ms, None)),
                (true, false) if !is_end => gaps.last_mut().expect("it began").1 = Some(ms),
                _ => {}
            }
        }
        gaps
    }
}

#[test]
fn sums_buckets_and_gaps_are_those_of_the_schedule_to_the_millisecond() {
    for seed in 0..400 {
        let schedule = Schedule::random(seed);
        let mut numbers = Numbers(seed ^ 0xffff);
        let now_ms = schedule.now_ms();
        let history = History::new(schedule.noted.iter().copied(), now_ms);
        let found: Vec<_> = history.gaps().map(|gap| (gap.from_ms, gap.to_ms)).collect();
        assert_eq!(found, schedule.gaps(), "seed {seed}");
        for gap in history.gaps() {
            assert_eq!(gap.length_ms, gap.to_ms.unwrap_or(now_ms) - gap.from_ms, "seed {seed}");
        }
        for _ in 0..20 {
            // Also longer than all that is known.
            let window = Window { length_ms: 1 + numbers.ms_below(schedule.each_ms.len() as u64 * 2) };
            let sums = history.availability(window);
            assert_eq!(sums, schedule.count(now_ms - window.length_ms, now_ms), "seed {seed}, {window:?}");
            assert_eq!(sums.up_ms + sums.down_ms + sums.unknown_ms + sums.off_ms, window.length_ms);
            let strip = history.strip(window, 7);
            let mut next_ms = now_ms - window.length_ms;
            for bucket in &strip {
                assert_eq!(bucket.from_ms, next_ms, "seed {seed}, {window:?}");
                next_ms = bucket.to_ms;
                let counted = schedule.count(bucket.from_ms, bucket.to_ms);
                assert_eq!(bucket.down_ms, counted.down_ms);
                let expected = match (counted.up_ms > 0, counted.down_ms > 0, counted.off_ms > 0) {
                    (true, true, _) => BucketKind::Partly,
                    (false, true, _) => BucketKind::Down,
                    (true, false, _) => BucketKind::Up,
                    (false, false, true) => BucketKind::Off,
                    (false, false, false) => BucketKind::NoData,
                };
                assert_eq!(bucket.kind, expected, "seed {seed}, {bucket:?}");
            }
            assert_eq!((strip.len(), next_ms), (7, now_ms));
        }
    }
}

#[test]
fn whatever_the_clock_does_no_length_is_negative_and_sums_are_the_window() {
    let kinds = [PeriodKind::Up, PeriodKind::Down, PeriodKind::Off, PeriodKind::Unknown];
    for seed in 0..1_000 {
        let mut numbers = Numbers(seed);
        let mut at_ms = 1_000_000_000;
        let noted: Vec<_> = (0..numbers.below(30))
            .map(|_| {
                at_ms += match numbers.below(8) {
                    0 => -numbers.ms_below(10_000_000_000),
                    1 => -numbers.ms_below(50_000),
                    2 => numbers.ms_below(10_000_000_000),
                    _ => numbers.ms_below(50_000),
                };
                to(at_ms, kinds[numbers.below(4)], None)
            })
            .collect();
        let now_ms = at_ms + numbers.ms_below(1_000_000) - 500_000;
        let history = History::new(noted.iter().copied(), now_ms);
        let periods = history.periods();
        assert!(periods.iter().all(|period| period.from_ms <= period.to_ms), "seed {seed}: {periods:?}");
        assert!(periods.windows(2).all(|two| two[0].to_ms == two[1].from_ms), "seed {seed}: {periods:?}");
        assert!(periods.windows(2).all(|two| two[0].kind != two[1].kind), "seed {seed}: {periods:?}");
        assert_eq!(periods.last().map(|last| (last.to_ms, last.kind)), noted.last().map(|last| (now_ms, last.to)));
        let length_ms = 1 + numbers.ms_below(20_000_000_000);
        let sums = history.availability(Window { length_ms });
        let all = [sums.up_ms, sums.down_ms, sums.unknown_ms, sums.off_ms];
        assert!(all.iter().all(|&ms| ms >= 0), "seed {seed}: {sums:?}");
        assert_eq!(all.iter().sum::<i64>(), length_ms, "seed {seed}");
    }
}

#[test]
fn what_was_noted_while_the_clock_was_ahead_counts_no_longer_once_it_is_right() {
    const DAY_MS: i64 = 86_400_000;
    let right = [to(0, PeriodKind::Up, None)];
    let ahead = [to(40 * DAY_MS, PeriodKind::Down, None), to(40 * DAY_MS + 5, PeriodKind::Up, None)];
    let after = [to(DAY_MS, PeriodKind::Down, Some(LOST)), to(DAY_MS + 7, PeriodKind::Up, None)];
    // Also in 50 days, when it is past.
    for now_ms in [2 * DAY_MS, 50 * DAY_MS] {
        let history = History::new(right.into_iter().chain(ahead).chain(after), now_ms);
        let expected = Gap { from_ms: DAY_MS, to_ms: Some(DAY_MS + 7), length_ms: 7, why: Some(LOST) };
        assert_eq!(history.gaps().collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn a_clock_that_was_not_set_yet_hides_nothing_of_before() {
    let (known, boot) = (1_000_000_000, 5_000);
    let noted = [
        to(known, PeriodKind::Up, None),
        to(known + 100, PeriodKind::Unknown, None),
        to(boot, PeriodKind::Down, None),
        to(boot + 50, PeriodKind::Up, None),
        to(known + 1_000, PeriodKind::Down, Some(LOST)),
    ];
    let sums = History::new(noted, known + 1_010).between(known, known + 1_010);
    assert_eq!(sums, Availability { up_ms: 1_000, down_ms: 10, unknown_ms: 0, off_ms: 0 });
}

#[test]
fn a_loss_within_a_millisecond_is_a_gap_as_well() {
    let noted = [to(0, PeriodKind::Up, None), to(10, PeriodKind::Down, Some(LOST)), to(10, PeriodKind::Up, None)];
    let history = History::new(noted, 20);
    let expected = Gap { from_ms: 10, to_ms: Some(10), length_ms: 0, why: Some(LOST) };
    assert_eq!(history.gaps().collect::<Vec<_>>(), [expected]);
    assert_eq!(history.between(0, 20).percent().as_deref(), Some("100.00 %"));
    // Nor does a clock that is set back a little hide one.
    let noted = [to(0, PeriodKind::Up, None), to(10, PeriodKind::Down, Some(LOST)), to(8, PeriodKind::Up, None)];
    assert_eq!(History::new(noted, 20), history);
}

#[test]
fn a_gap_tells_the_loss_or_what_first_kept_it_from_being_open() {
    let why = |noted: &[Transition]| History::new(noted.iter().copied(), 100).gaps().next().map(Gap::why_label);
    let lost = [to(0, PeriodKind::Down, Some(LOST)), to(5, PeriodKind::Down, Some(REFUSED))];
    assert_eq!(why(&lost).as_deref(), Some("Connection lost"));
    let asked = [to(0, PeriodKind::Down, None), to(5, PeriodKind::Down, Some(REFUSED))];
    assert_eq!(why(&asked).as_deref(), Some("Connection refused"));
    assert_eq!(why(&asked[..1]).as_deref(), Some("Not yet open"));
    for (cause, label) in [(Cause::DnsFailure, "DNS failure"), (Cause::HttpStatus, "HTTP status")] {
        assert_eq!(why(&[to(0, PeriodKind::Down, Some(GapReason::Failure(cause)))]).as_deref(), Some(label));
    }
    for reason in [LOST, GapReason::ClosedToRotate, GapReason::OptionsChanged] {
        assert_eq!(GapReason::from_word(reason.as_str()), Some(reason));
    }
}

#[test]
fn a_percentage_is_of_the_time_that_was_wanted_and_watched_and_never_rounded_up() {
    let percent = |up_ms, down_ms| Availability { up_ms, down_ms, unknown_ms: 7, off_ms: 7 }.percent();
    assert_eq!(percent(0, 0), None);
    assert_eq!(percent(5, 0).as_deref(), Some("100.00 %"));
    assert_eq!(percent(7_776_000_000, 1).as_deref(), Some("99.99 %"));
    assert_eq!(percent(0, 5).as_deref(), Some("0.00 %"));
    assert_eq!(percent(995, 5).as_deref(), Some("99.50 %"));
}
