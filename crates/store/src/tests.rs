//! What is kept for how long, by a clock that may be wrong, and how a store comes to be.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use super::{Store, StoreError, StoredSession, file};
use wsmon_manager::{
    CheckedOptions, EventRecord, Happened, Keeper, Wanted,
    clock::{Clock, unix_ms},
};
use wsmon_model::{EndpointId, EventKind};

const MINUTE_MS: i64 = 60 * 1_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Noon of some day.
pub(super) const START_MS: i64 = 20_000 * DAY_MS + 12 * HOUR_MS;

/// A clock that a test sets.
struct WallClock(AtomicI64);

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Relaxed).unsigned_abs())
    }
}

/// A store whose clock the test sets, with an administrator and an endpoint.
pub(super) struct Kept {
    pub(super) store: Store,
    clock: Arc<WallClock>,
    pub(super) feed: EndpointId,
    _directory: TempDir,
}

impl Kept {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(WallClock(AtomicI64::new(START_MS)));
        let store = Store::open_by(directory.path(), Arc::clone(&clock) as _).await.expect("opens");
        assert!(store.add_administrator("admin", "hash", START_MS, None).await.expect("added"));
        let feed: EndpointId = "feed".parse().expect("a name");
        let kept = Self { store, clock, feed, _directory: directory };
        let wanted =
            Wanted { endpoint: kept.feed.clone(), on: true, auto_reconnect: true, options: CheckedOptions::default() };
        kept.store.save(&wanted, &kept.event(), None).await.expect("saved");
        kept
    }

    pub(super) fn event(&self) -> EventRecord {
        EventRecord::new(self.feed.clone(), unix_ms(self.clock.now()), EventKind::Connected)
    }

    pub(super) fn set_clock(&self, now_ms: i64) {
        self.clock.0.store(now_ms, Relaxed);
    }

    async fn append_at(&self, now_ms: i64) {
        self.set_clock(now_ms);
        self.store.append(&Happened { events: vec![self.event()], ..Happened::default() }).await.expect("appended");
    }

    pub(super) async fn events(&self) -> usize {
        self.store.events_of(&self.feed, 1_000).await.expect("events").len()
    }

    /// Begins a session; its id.
    pub(super) async fn log_in_at(&self, now_ms: i64) -> Vec<u8> {
        let id = now_ms.to_be_bytes().to_vec();
        let session = StoredSession {
            id_sha256: id.clone(),
            administrator: "admin".to_owned(),
            started_ms: now_ms,
            used_ms: now_ms,
            address: String::new(),
            agent: String::new(),
        };
        self.store.begin_session(&session, "192.0.2.1", None).await.expect("begun");
        id
    }

    pub(super) async fn is_let_in(&self, id: &[u8], now_ms: i64) -> bool {
        self.store.use_session(id, now_ms).await.expect("an answer").is_some()
    }

    async fn sessions(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&self.store.0).await.expect("a number")
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_for_a_while_erases_no_event() {
    let kept = Kept::new().await;
    for minute in 1..=47 {
        kept.append_at(START_MS + minute * MINUTE_MS).await;
    }
    kept.append_at(START_MS + 40 * DAY_MS).await;
    kept.append_at(START_MS + 40 * DAY_MS + MINUTE_MS).await;
    kept.append_at(START_MS + HOUR_MS).await;
    assert_eq!(kept.events().await, 51);

    // Nor one that is wrong at the start and for a day, years from now or long ago.
    for wrong in [START_MS + 4_000 * DAY_MS, DAY_MS] {
        for hour in 0..30 {
            kept.append_at(wrong + hour * HOUR_MS).await;
        }
    }
    assert_eq!(kept.events().await, 51 + 60);
}

#[tokio::test]
async fn an_event_is_erased_after_thirty_later_days() {
    let kept = Kept::new().await;
    for day in 0..=30 {
        kept.append_at(START_MS + day * DAY_MS).await;
    }
    assert_eq!(kept.events().await, 32, "the one it came with, and those of 31 days");
    kept.append_at(START_MS + 31 * DAY_MS).await;
    assert_eq!(kept.events().await, 31, "the two of the first day are gone");
}

#[tokio::test]
async fn days_by_a_clock_that_was_ahead_count_no_longer() {
    let kept = Kept::new().await;
    for day in 0..=40 {
        kept.append_at(START_MS + (100 + day) * DAY_MS).await;
    }
    let right = START_MS + 41 * DAY_MS;
    for minute in 0..3 {
        kept.append_at(right + minute * MINUTE_MS).await;
    }
    let events = kept.store.events_of(&kept.feed, 3).await.expect("events");
    let times: Vec<_> = events.iter().map(|event| event.at_ms).collect();
    assert_eq!(times, [right + 2 * MINUTE_MS, right + MINUTE_MS, right], "none of them was erased");
}

#[tokio::test]
async fn a_clock_that_is_ahead_for_a_while_ends_no_session() {
    let kept = Kept::new().await;
    let id = kept.log_in_at(START_MS).await;
    let ahead = START_MS + 40 * DAY_MS;
    assert!(!kept.is_let_in(&id, ahead).await, "it has run out by that clock");
    let begun_ahead = kept.log_in_at(ahead).await;
    assert!(kept.is_let_in(&begun_ahead, ahead).await);

    assert!(kept.is_let_in(&id, START_MS + MINUTE_MS).await);
    assert!(!kept.is_let_in(&begun_ahead, START_MS + MINUTE_MS).await, "it would outlive its limit by 40 days");
    let shown = kept.store.sessions_of("admin", START_MS + MINUTE_MS).await.expect("sessions");
    assert_eq!(shown.iter().map(|session| session.started_ms).collect::<Vec<_>>(), [START_MS]);
}

#[tokio::test]
async fn a_session_used_while_the_clock_was_ahead_is_idle_no_later_for_that() {
    let kept = Kept::new().await;
    let id = kept.log_in_at(START_MS).await;
    assert!(kept.is_let_in(&id, START_MS + 11 * HOUR_MS).await);
    assert!(kept.is_let_in(&id, START_MS + MINUTE_MS).await);
    assert!(!kept.is_let_in(&id, START_MS + 12 * HOUR_MS + 2 * MINUTE_MS).await);
}

#[tokio::test]
async fn sessions_that_have_run_out_are_erased_in_the_end() {
    let kept = Kept::new().await;
    for day in 0..=8 {
        kept.log_in_at(START_MS + day * DAY_MS).await;
    }
    assert_eq!(kept.sessions().await, 9);
    kept.log_in_at(START_MS + 9 * DAY_MS).await;
    assert_eq!(kept.sessions().await, 9);
}

#[tokio::test]
async fn a_new_store_is_there_whole_or_not_at_all() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file::path(directory.path());
    file::make(&path).await.expect("made");
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(directory.path()).expect("a directory").collect();
    assert_eq!(names.len(), 2, "the store and its log: {names:?}");
    // As if killed before anybody opened it.
    Store::open(directory.path()).await.expect("opens").close().await;
    assert!(!file::log(&path).exists(), "a store that was closed has no log");
    Store::open(directory.path()).await.expect("opens").close().await;
}

#[tokio::test]
async fn after_an_interrupted_restore_there_is_no_new_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file::path(directory.path());
    fs::write(file::being_restored(&path), "a store").expect("written");
    let error = Store::open(directory.path()).await.expect_err("refused");
    assert!(matches!(&error, StoreError::Unusable { detail, .. } if detail.contains("interrupted")), "{error}");
    assert!(!path.exists());
}
