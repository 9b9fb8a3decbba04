//! What is kept for how long, by a clock that may be wrong, how a store comes to be, and what is kept together.

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
    EventRecord, KeepError, Keeper, Options, Wanted,
    clock::{Clock, unix_ms},
};
use wsmon_model::{AuditAction, AuditEntry, AuditOutcome, AuditQuery, EndpointId, EventKind, PeerText, PendingAudit};

const MINUTE_MS: i64 = 60 * 1_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Noon of some day.
const START_MS: i64 = 20_000 * DAY_MS + 12 * HOUR_MS;

/// A clock that a test sets.
struct WallClock(AtomicI64);

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Relaxed).unsigned_abs())
    }
}

/// A store whose clock the test sets, with an administrator and an endpoint.
struct Kept {
    store: Store,
    clock: Arc<WallClock>,
    feed: EndpointId,
    _directory: TempDir,
}

impl Kept {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(WallClock(AtomicI64::new(START_MS)));
        let store = Store::open_by(directory.path(), Arc::clone(&clock) as _).await.expect("opens");
        assert!(store.add_administrator("admin", "hash", START_MS, None).await.expect("added"));
        let feed: EndpointId = "feed".parse().expect("a name");
        let kept = Self { store, clock, feed, _directory: directory };
        let wanted =
            Wanted { endpoint: kept.feed.clone(), on: true, auto_reconnect: true, options: Options::default() };
        kept.store.save(&wanted, &kept.event(), None).await.expect("saved");
        kept
    }

    fn event(&self) -> EventRecord {
        EventRecord::new(self.feed.clone(), unix_ms(self.clock.now()), EventKind::Connected)
    }

    async fn append_at(&self, now_ms: i64) {
        self.clock.0.store(now_ms, Relaxed);
        self.store.append(&[self.event()]).await.expect("appended");
    }

    async fn events(&self) -> usize {
        self.store.events_of(&self.feed, 1_000).await.expect("events").len()
    }

    /// Begins a session; its id.
    async fn log_in_at(&self, now_ms: i64) -> Vec<u8> {
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

    async fn is_let_in(&self, id: &[u8], now_ms: i64) -> bool {
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

/// An entry of an operation with this number.
pub(super) fn pending(operation: i64) -> PendingAudit {
    let entry = AuditEntry {
        at_ms: START_MS,
        who: PeerText::new("admin"),
        address: String::new(),
        action: AuditAction::Disconnect,
        object: PeerText::new("feed"),
        outcome: AuditOutcome::UnderWay,
        detail: PeerText::default(),
    };
    PendingAudit { operation, entry }
}

impl Kept {
    async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.store.0).await.expect("executed");
    }

    async fn is_on(&self) -> bool {
        self.store.load().await.expect("readable")[0].on
    }

    /// Turns the endpoint off, together with an entry.
    async fn turn_off(&self, audit: &PendingAudit) -> Result<(), KeepError> {
        let wanted =
            Wanted { endpoint: self.feed.clone(), on: false, auto_reconnect: true, options: Options::default() };
        self.store.save(&wanted, &self.event(), Some(audit)).await
    }

    async fn audited(&self) -> Vec<(AuditOutcome, String)> {
        let page = self.store.audit(&AuditQuery::default()).await.expect("readable");
        page.rows.into_iter().map(|entry| (entry.outcome, entry.detail.to_string())).collect()
    }
}

#[tokio::test]
async fn a_connection_changes_with_its_entry_or_not_at_all() {
    let kept = Kept::new().await;
    kept.execute("CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no such luck'); END").await;
    kept.turn_off(&pending(1)).await.expect_err("refused");
    kept.store.forget(&kept.feed, Some(&pending(1))).await.expect_err("refused");
    assert!(kept.is_on().await);
    assert_eq!(kept.events().await, 1, "that with which it was added");

    kept.execute("DROP TRIGGER refuse").await;
    kept.execute("CREATE TRIGGER refuse_event BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no such luck'); END")
        .await;
    kept.turn_off(&pending(1)).await.expect_err("refused");
    assert_eq!((kept.is_on().await, kept.audited().await), (true, Vec::new()));

    kept.execute("DROP TRIGGER refuse_event").await;
    kept.turn_off(&pending(1)).await.expect("kept");
    assert_eq!((kept.is_on().await, kept.events().await), (false, 2));
    assert_eq!(kept.audited().await, [(AuditOutcome::UnderWay, String::new())]);
}

#[tokio::test]
async fn an_administrator_changes_with_its_entry_or_not_at_all() {
    let kept = Kept::new().await;
    let id = kept.log_in_at(START_MS).await;
    kept.execute("CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no such luck'); END").await;
    let audit = pending(1);
    kept.store.add_administrator("second", "hash", START_MS, Some(&audit)).await.expect_err("refused");
    kept.store.set_password_hash("admin", "other", Some(&audit)).await.expect_err("refused");
    kept.store.end_session(&id, Some(&audit)).await.expect_err("refused");
    kept.store.end_session_of("admin", &id, Some(&audit)).await.expect_err("refused");
    assert_eq!(kept.store.administrators().await.expect("readable").len(), 1);
    assert_eq!(kept.store.password_hash("admin").await.expect("readable").as_deref(), Some("hash"));
    assert!(kept.is_let_in(&id, START_MS).await);

    kept.execute("DROP TRIGGER refuse").await;
    assert!(!kept.store.add_administrator("admin", "hash", START_MS, Some(&audit)).await.expect("an answer"));
    assert!(!kept.store.remove_administrator("admin", Some(&audit)).await.expect("an answer"), "nobody else is left");
    assert!(!kept.store.set_password_hash("nobody", "hash", Some(&audit)).await.expect("an answer"));
    assert_eq!(kept.audited().await, [], "nothing was changed");
    assert!(kept.store.end_session(&id, Some(&audit)).await.expect("ended"));
    assert_eq!(kept.audited().await, [(AuditOutcome::UnderWay, String::new())]);
}

#[tokio::test]
async fn an_entry_is_completed_where_it_was_kept_and_added_where_it_was_not() {
    let kept = Kept::new().await;
    let mut audit = pending(1);
    kept.turn_off(&audit).await.expect("kept");
    audit.entry.outcome = AuditOutcome::Done;
    kept.store.complete_audit(&audit).await.expect("completed");
    assert_eq!(kept.audited().await, [(AuditOutcome::Done, String::new())]);

    let mut audit = pending(2);
    (audit.entry.outcome, audit.entry.detail) = (AuditOutcome::Refused, PeerText::new("no"));
    kept.store.complete_audit(&audit).await.expect("added");
    let both = [(AuditOutcome::Refused, "no".to_owned()), (AuditOutcome::Done, String::new())];
    assert_eq!(kept.audited().await, both);
    assert_eq!(kept.store.complete_audit_cut_short().await.expect("written"), 0);
}

#[tokio::test]
async fn an_entry_that_a_crash_left_is_completed_as_failed_unless_its_operation_does_it() {
    let kept = Kept::new().await;
    let mut audit = pending(1);
    kept.turn_off(&audit).await.expect("kept");
    assert_eq!(kept.store.complete_audit_cut_short().await.expect("written"), 1);
    let [(outcome, detail)] = &kept.audited().await[..] else { panic!("one entry") };
    assert!(*outcome == AuditOutcome::Failed && detail.contains("The change itself is kept."), "{detail}");
    assert_eq!(kept.store.complete_audit_cut_short().await.expect("written"), 0);

    audit.entry.outcome = AuditOutcome::Done;
    kept.store.complete_audit(&audit).await.expect("completed");
    assert_eq!(kept.audited().await, [(AuditOutcome::Done, String::new())]);
}
