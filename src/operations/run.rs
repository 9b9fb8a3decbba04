//! How an operation that changes something is run, whichever it is.

use std::{future::Future, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use tracing::{error, info};

use super::{
    outcome::{Outcome, ReportsOutcome},
    under_way::{NotDone, UnderWay},
};
use wsmon_model::{PeerText, PendingAudit};
use wsmon_store::Store;

/// Runs operations and writes down what came of them.
pub(super) struct Runner {
    store: Store,
    under_way: UnderWay,
}

impl Runner {
    pub(super) fn new(store: Store) -> Self {
        Self { store, under_way: UnderWay::default() }
    }

    /// Runs an operation and writes down what came of it, also if it panics. Neither a client that leaves before the
    /// answer nor a shutdown stops it.
    ///
    /// The operation is given its entry in the audit log, to be kept in one transaction with the first change that it
    /// makes. So after a crash there is either both or none; the outcome follows when the operation has ended.
    pub(super) async fn run<T, E, F>(
        &self,
        audit: PendingAudit,
        operation: impl FnOnce(PendingAudit) -> F,
    ) -> Result<T, E>
    where
        T: ReportsOutcome + Send + 'static,
        E: ReportsOutcome + From<NotDone> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (store, operation) = (self.store.clone(), operation(audit.clone()));
        let audited = async move {
            // The panic itself has been reported by then, and nothing of the operation is used any more.
            let result = AssertUnwindSafe(operation).catch_unwind().await.unwrap_or_else(|_| {
                error!(action = audit.entry.action.as_str(), "a panic cut an operation short");
                Err(NotDone::Panicked.into())
            });
            let outcome = match &result {
                Ok(done) => done.outcome(),
                Err(error) => error.outcome(),
            };
            if let Some(outcome) = outcome {
                complete(&store, audit, outcome).await;
            }
            result
        };
        self.under_way.run(audited).await?
    }

    /// Begins work that consists of operations, each run by itself, and that a shutdown waits for as well.
    pub(super) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), NotDone> {
        self.under_way.begin(work)
    }

    /// Lets nothing begin any more, and waits for what is under way.
    pub(super) async fn finish(&self) {
        self.under_way.finish().await;
    }
}

/// Writes down what came of an operation, behind what the entry says of it already. A log that cannot be written does not undo what was done; that is said where
/// logs are read.
async fn complete(store: &Store, mut audit: PendingAudit, outcome: Outcome) {
    audit.entry.outcome = outcome.outcome;
    let detail = format!("{} {}", audit.entry.detail, outcome.detail);
    audit.entry.detail = PeerText::new(detail.trim());
    let entry = &audit.entry;
    info!(
        admin = %entry.who, address = %entry.address, action = entry.action.as_str(), object = %entry.object,
        outcome = entry.outcome.as_str(), detail = %entry.detail, "audit",
    );
    if let Err(error) = store.complete_audit(&audit).await {
        error!(%error, "the audit log could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::AppError,
        operations::actor::{Actor, pending},
    };
    use wsmon_model::{AuditAction, AuditEntry, AuditOutcome, AuditQuery};

    async fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path()).await.expect("opens");
        (directory, store)
    }

    /// The one entry of the log.
    async fn entry(store: &Store) -> AuditEntry {
        let page = store.audit(&AuditQuery::default()).await.expect("readable");
        assert_eq!(page.matching, 1);
        page.rows.into_iter().next().expect("one")
    }

    /// What is answered to an operation that ends like this, and what is written down.
    async fn told<F>(operation: F) -> (Result<(), AppError>, AuditEntry)
    where
        F: Future<Output = Result<(), AppError>> + Send + 'static,
    {
        let (_directory, store) = store().await;
        let audit = pending("admin", Some([192, 0, 2, 1].into()), AuditAction::Remove, "feed");
        let answer = Runner::new(store.clone()).run(audit, |_| operation).await;
        (answer, entry(&store).await)
    }

    #[tokio::test]
    async fn a_panic_is_written_down_as_a_failure() {
        let (answer, entry) = told(async { panic!("staged") }).await;
        assert_eq!(answer, Err(AppError::Internal));
        assert_eq!((entry.outcome, entry.detail.as_str()), (AuditOutcome::Failed, &*AppError::Internal.to_string()));
    }

    #[tokio::test]
    async fn what_a_shutdown_cuts_short_is_a_failure_and_what_makes_no_sense_is_refused() {
        for (error, outcome) in [
            (AppError::Interrupted, AuditOutcome::Failed),
            (AppError::ShuttingDown, AuditOutcome::Failed),
            (AppError::Conflict, AuditOutcome::Refused),
        ] {
            let (answer, entry) = told(std::future::ready(Err(error.clone()))).await;
            assert_eq!((answer, entry.outcome), (Err(error.clone()), outcome));
            assert_eq!(entry.detail.as_str(), error.to_string());
        }
    }

    #[tokio::test]
    async fn what_was_kept_with_a_change_is_completed_also_after_a_panic() {
        for panics in [false, true] {
            let (_directory, store) = store().await;
            let changed = store.clone();
            let audit = Actor::CommandLine.audit(AuditAction::AddAdministrator, "second");
            let operation = |audit: PendingAudit| async move {
                assert!(changed.add_administrator("second", "hash", 0, Some(&audit)).await?);
                let under_way = entry(&changed).await;
                assert_eq!((under_way.outcome, under_way.who.as_str()), (AuditOutcome::UnderWay, "command line"));
                assert!(!panics, "staged");
                Ok(())
            };
            let answer: Result<(), AppError> = Runner::new(store.clone()).run(audit, operation).await;
            let outcome = if panics { AuditOutcome::Failed } else { AuditOutcome::Done };
            assert_eq!((answer.is_err(), entry(&store).await.outcome), (panics, outcome));
        }
    }
}
