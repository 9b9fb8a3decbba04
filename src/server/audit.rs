//! Writing down who did what.

use std::time::SystemTime;

use tracing::{error, info};

use super::{
    auth::{LoginError, Visitor},
    clock::unix_ms,
    store::Store,
};
use crate::model::{AuditAction, AuditEntry, AuditOutcome, Connection, PeerText, Phase};

/// Who is named for what is done on the command line.
const COMMAND_LINE: &str = "command line";

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
            LoginError::Internal(_) => Self::failed("a fault in the monitor, which its log explains"),
        }
    }
}

/// An answer that tells what really came of what was asked.
pub trait Told {
    /// What came of it.
    fn outcome(&self) -> Outcome;
}

impl Told for () {
    fn outcome(&self) -> Outcome {
        Outcome::done()
    }
}

impl Told for Connection {
    fn outcome(&self) -> Outcome {
        match self.phase {
            Phase::Connected => Outcome::done(),
            _ => Outcome::failed(self.cause_text.as_deref().unwrap_or("It was disconnected before it connected.")),
        }
    }
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
