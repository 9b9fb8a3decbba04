//! What is kept of endpoints' availability, and what is made of it when the monitor did not run.

use wsmon_manager::{EndpointTransition, EventRecord, Happened, Keeper};
use wsmon_model::{Cause, EndpointId, EventKind, Gap, GapReason, Period, PeriodKind, Transition};

use super::tests::{DAY_MS, Kept, START_MS};

const LOST: GapReason = GapReason::Failure(Cause::ConnectionLost);
const REFUSED: GapReason = GapReason::Failure(Cause::ConnectionRefused);

fn turned(
    endpoint: &EndpointId,
    after_ms: i64,
    to: PeriodKind,
    why: impl Into<Option<GapReason>>,
) -> EndpointTransition {
    let transition = Transition { at_ms: START_MS + after_ms, to, why: why.into() };
    EndpointTransition { endpoint: endpoint.clone(), transition }
}

impl Kept {
    /// Keeps transitions, and that somebody watched until then.
    async fn turn(&self, transitions: &[EndpointTransition], until_ms: Option<i64>) {
        let watched_until_ms = until_ms.map(|until_ms| START_MS + until_ms);
        let happened = Happened { transitions: transitions.to_vec(), watched_until_ms, ..Happened::default() };
        self.store.append(&happened).await.expect("kept");
    }

    /// Keeps that somebody watches from now on, and as what the feed counts then.
    async fn begin(&self, now: EndpointTransition) {
        let happened = Happened { begun: Some([now].into()), ..Happened::default() };
        self.store.append(&happened).await.expect("kept");
    }

    /// The feed's periods up to so many milliseconds after the start: kind, from and to.
    async fn periods_at(&self, now_ms: i64) -> Vec<(PeriodKind, i64, i64)> {
        self.set_clock(START_MS + now_ms);
        let history = self.store.history_of(&self.feed).await.expect("a history");
        let relative = |period: &Period| (period.kind, period.from_ms - START_MS, period.to_ms - START_MS);
        history.periods().iter().map(relative).collect()
    }
}

#[tokio::test]
async fn what_was_not_ended_when_the_monitor_ended_is_unknown_until_it_starts_again() {
    let kept = Kept::new().await;
    let feed = &kept.feed;
    kept.turn(&[turned(feed, 0, PeriodKind::Down, None), turned(feed, 7, PeriodKind::Up, None)], Some(10)).await;
    // Renewed, but for a batch of which there is more to come.
    kept.turn(&[], Some(500)).await;
    kept.turn(&[], None).await;
    kept.begin(turned(feed, 900, PeriodKind::Down, None)).await;
    kept.turn(&[turned(feed, 905, PeriodKind::Up, None)], Some(905)).await;
    let expected = [
        (PeriodKind::Down, 0, 7),
        (PeriodKind::Up, 7, 500),
        (PeriodKind::Unknown, 500, 900),
        (PeriodKind::Down, 900, 905),
        (PeriodKind::Up, 905, 1_000),
    ];
    assert_eq!(kept.periods_at(1_000).await, expected);
    // One that was told to stop has said so itself.
    kept.turn(&[turned(feed, 1_100, PeriodKind::Unknown, None)], Some(1_200)).await;
    kept.begin(turned(feed, 1_500, PeriodKind::Off, None)).await;
    let end = [(PeriodKind::Up, 905, 1_100), (PeriodKind::Unknown, 1_100, 1_500), (PeriodKind::Off, 1_500, 1_600)];
    assert_eq!(kept.periods_at(1_600).await[4..], end);
}

#[tokio::test]
async fn a_start_without_anything_known_makes_nothing_up() {
    let kept = Kept::new().await;
    assert_eq!(kept.periods_at(10).await, []);
    kept.begin(turned(&kept.feed, 20, PeriodKind::Down, None)).await;
    // Killed at once: it was watched for no time.
    kept.begin(turned(&kept.feed, 90, PeriodKind::Down, None)).await;
    let expected = [(PeriodKind::Down, 20, 20), (PeriodKind::Unknown, 20, 90), (PeriodKind::Down, 90, 100)];
    assert_eq!(kept.periods_at(100).await, expected);
}

#[tokio::test]
async fn a_gap_is_kept_once_with_its_first_cause_and_goes_with_its_connection() {
    let kept = Kept::new().await;
    let (feed, gone) = (&kept.feed, "removed-meanwhile".parse().expect("an id"));
    let batch = [
        turned(feed, 0, PeriodKind::Down, None),
        turned(&gone, 0, PeriodKind::Down, None),
        turned(feed, 3, PeriodKind::Down, REFUSED),
        turned(feed, 5, PeriodKind::Up, None),
        turned(feed, 6, PeriodKind::Up, None),
        turned(feed, 10, PeriodKind::Down, LOST),
        turned(feed, 12, PeriodKind::Down, REFUSED),
    ];
    kept.turn(&batch, Some(12)).await;
    kept.set_clock(START_MS + 20);
    let history = kept.store.history_of(feed).await.expect("a history");
    let gap = |from_ms, to_ms: Option<i64>, length_ms, why| Gap {
        from_ms: START_MS + from_ms,
        to_ms: to_ms.map(|to_ms| START_MS + to_ms),
        length_ms,
        why: Some(why),
    };
    assert_eq!(history.gaps().collect::<Vec<_>>(), [gap(0, Some(5), 5, REFUSED), gap(10, None, 10, LOST)]);
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM transition").fetch_one(&kept.store.0).await.expect("a number");
    assert_eq!(rows, 3, "what leads to the same is not kept");
    kept.store.forget(feed, None).await.expect("forgotten");
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM transition").fetch_one(&kept.store.0).await.expect("a number");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn events_and_transitions_are_kept_together_or_not_at_all() {
    let kept = Kept::new().await;
    let broken = sqlx::query("DROP TABLE transition");
    broken.execute(&kept.store.0).await.expect("dropped");
    let happened = Happened {
        events: vec![EventRecord::new(kept.feed.clone(), START_MS, EventKind::Connected)],
        transitions: vec![turned(&kept.feed, 0, PeriodKind::Up, None)],
        watched_until_ms: Some(START_MS),
        ..Happened::default()
    };
    let before = kept.events().await;
    kept.store.append(&happened).await.expect_err("there is no place for it");
    assert_eq!(kept.events().await, before);
}

#[tokio::test]
async fn a_transition_is_erased_after_ninety_later_days_but_for_the_one_that_lasts_into_them() {
    let kept = Kept::new().await;
    for day in 0..=92 {
        kept.set_clock(START_MS + day * DAY_MS);
        let lost = turned(&kept.feed, day * DAY_MS, PeriodKind::Down, LOST);
        let up = turned(&kept.feed, day * DAY_MS + 1_000, PeriodKind::Up, None);
        let happened = Happened {
            events: vec![kept.event()],
            transitions: vec![lost, up],
            watched_until_ms: Some(START_MS + day * DAY_MS),
            ..Happened::default()
        };
        kept.store.append(&happened).await.expect("kept");
    }
    // Noon of day 92; what is kept begins with day 2. That it was up by then is of day 1.
    let periods = kept.periods_at(93 * DAY_MS).await;
    assert_eq!(periods[0], (PeriodKind::Up, DAY_MS + 1_000, 2 * DAY_MS));
    assert_eq!(periods.len(), 1 + 2 * 91);
}
