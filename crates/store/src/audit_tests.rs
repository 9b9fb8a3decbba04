//! A change and its entry in the audit log are kept together, and the entry is completed.

use wsmon_manager::{CheckedOptions, KeepError, Keeper, Wanted};
use wsmon_model::{AuditAction, AuditEntry, AuditOutcome, AuditQuery, PeerText, PendingAudit};

use super::tests::{Kept, START_MS};

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
            Wanted { endpoint: self.feed.clone(), on: false, auto_reconnect: true, options: CheckedOptions::default() };
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
    audit.entry.detail = PeerText::new("Bulk 1.");
    kept.turn_off(&audit).await.expect("kept");
    assert_eq!(kept.store.complete_audit_cut_short().await.expect("written"), 1);
    let [(outcome, detail)] = &kept.audited().await[..] else { panic!("one entry") };
    assert!(*outcome == AuditOutcome::Failed && detail.contains("The change itself is kept."), "{detail}");
    assert!(detail.starts_with("Bulk 1. The monitor ended"), "{detail}");
    audit.entry.detail = PeerText::default();
    assert_eq!(kept.store.complete_audit_cut_short().await.expect("written"), 0);

    audit.entry.outcome = AuditOutcome::Done;
    kept.store.complete_audit(&audit).await.expect("completed");
    assert_eq!(kept.audited().await, [(AuditOutcome::Done, String::new())]);
}
