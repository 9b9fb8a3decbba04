//! Writing down who did what.

use std::{future::Future, panic::AssertUnwindSafe, time::SystemTime};

use futures_util::FutureExt;
use tracing::{error, info};

use super::auth::{LoginError, Visitor};
use crate::error::AppError;
use wsmon_manager::clock::unix_ms;
use wsmon_model::{AuditAction, AuditEntry, AuditOutcome, Connection, OptionsVersion, PeerText, Phase};
use wsmon_store::Store;

/// Who is named for what is done on the command line.
const COMMAND_LINE: &str = "command line";

/// What is written down of a fault of our own.
const OUR_FAULT: &str = "a fault in the monitor, which its log explains";

/// What came of something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    outcome: AuditOutcome,
    detail: String,
}

impl Outcome {
    /// It was done.
    pub fn done() -> Self {
        Self { outcome: AuditOutcome::Done, detail: String::new() }
    }

    /// It was not allowed, or made no sense.
    pub fn refused(why: impl Into<String>) -> Self {
        Self { outcome: AuditOutcome::Refused, detail: why.into() }
    }

    /// It was tried and did not work.
    pub fn failed(why: impl Into<String>) -> Self {
        Self { outcome: AuditOutcome::Failed, detail: why.into() }
    }
}

impl From<&LoginError> for Outcome {
    fn from(error: &LoginError) -> Self {
        match error {
            LoginError::Credentials | LoginError::TooMany { .. } => Self::refused(error.to_string()),
            LoginError::Internal(_) => Self::failed(OUR_FAULT),
        }
    }
}

impl From<&AppError> for Outcome {
    fn from(error: &AppError) -> Self {
        match error {
            AppError::Internal | AppError::DiskFull | AppError::ShuttingDown | AppError::Interrupted => {
                Self::failed(error.to_string())
            }
            _ => Self::refused(error.to_string()),
        }
    }
}

/// An answer that tells what really came of what was asked.
pub trait ReportsOutcome {
    /// What came of it.
    fn outcome(&self) -> Outcome;
}

impl ReportsOutcome for () {
    fn outcome(&self) -> Outcome {
        Outcome::done()
    }
}

impl ReportsOutcome for OptionsVersion {
    fn outcome(&self) -> Outcome {
        Outcome::done()
    }
}

impl ReportsOutcome for Connection {
    fn outcome(&self) -> Outcome {
        match self.phase {
            Phase::Connected => Outcome::done(),
            _ => Outcome::failed(self.cause_text.as_deref().unwrap_or("It was disconnected before it connected.")),
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct AuditedAction {
    /// Who asks.
    pub(crate) who: String,
    /// From where.
    pub(crate) visitor: Visitor,
    /// What for.
    pub(crate) action: AuditAction,
    /// To what.
    pub(crate) object: String,
}

/// Does what somebody asks for and writes down what came of it, also if it panics.
pub(crate) async fn carry_out<T: ReportsOutcome>(
    store: &Store,
    audited: &AuditedAction,
    work: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    // The panic itself has been reported by then, and nothing of the work is used any more.
    let result = AssertUnwindSafe(work).catch_unwind().await;
    let (result, outcome) = match result {
        Ok(Ok(answer)) => {
            let outcome = answer.outcome();
            (Ok(answer), outcome)
        }
        Ok(Err(error)) => {
            let outcome = Outcome::from(&error);
            (Err(error), outcome)
        }
        Err(_) => {
            error!(action = audited.action.as_str(), "a panic cut short what an administrator asked for");
            (Err(AppError::Internal), Outcome::failed(OUR_FAULT))
        }
    };
    record(store, &audited.who, &audited.visitor, audited.action, &audited.object, outcome).await;
    result
}

/// Writes down what an administrator, or somebody who would be one, did over HTTP.
pub async fn record(store: &Store, who: &str, visitor: &Visitor, action: AuditAction, object: &str, outcome: Outcome) {
    write(store, who, visitor.address.to_string(), action, object, outcome).await;
}

/// Writes down what was done on the command line.
pub async fn record_command(store: &Store, action: AuditAction, object: &str) {
    write(store, COMMAND_LINE, String::new(), action, object, Outcome::done()).await;
}

/// A log that cannot be written does not undo what was done; it is said where logs are read.
async fn write(store: &Store, who: &str, address: String, action: AuditAction, object: &str, outcome: Outcome) {
    let entry = AuditEntry {
        at_ms: unix_ms(SystemTime::now()),
        who: PeerText::new(who),
        address,
        action,
        object: PeerText::new(object),
        outcome: outcome.outcome,
        detail: PeerText::new(&outcome.detail),
    };
    info!(
        admin = %entry.who, address = %entry.address, action = action.as_str(), object = %entry.object,
        outcome = entry.outcome.as_str(), detail = %entry.detail, "audit",
    );
    if let Err(error) = store.record(&entry).await {
        error!(%error, "the audit log could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::AuditQuery;

    /// What is written down of work that ends like this, and what is answered.
    async fn told(work: impl Future<Output = Result<(), AppError>>) -> (Result<(), AppError>, AuditEntry) {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path()).await.expect("opens");
        let audited = AuditedAction {
            who: "admin".to_owned(),
            visitor: Visitor { address: [192, 0, 2, 1].into(), agent: PeerText::default() },
            action: AuditAction::Remove,
            object: "feed".to_owned(),
        };
        let answer = carry_out(&store, &audited, work).await;
        let page = store.audit(&AuditQuery::default()).await.expect("readable");
        assert_eq!(page.matching, 1);
        (answer, page.rows.into_iter().next().expect("one"))
    }

    #[tokio::test]
    async fn a_panic_is_written_down_as_a_failure() {
        let (answer, entry) = told(async { panic!("staged") }).await;
        assert_eq!(answer, Err(AppError::Internal));
        assert_eq!((entry.outcome, entry.detail.as_str()), (AuditOutcome::Failed, OUR_FAULT));
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
}
