//! What came of an operation, as the audit log tells it.

use crate::{auth::SessionId, error::AppError};
use wsmon_model::{AuditOutcome, Connection, Phase};

/// What came of an operation, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) outcome: AuditOutcome,
    /// Empty for what was simply done.
    pub(super) detail: String,
}

impl Outcome {
    /// It was done.
    pub(super) fn done() -> Self {
        Self { outcome: AuditOutcome::Done, detail: String::new() }
    }

    /// It was not allowed, or made no sense.
    pub(super) fn refused(why: &impl ToString) -> Self {
        Self { outcome: AuditOutcome::Refused, detail: why.to_string() }
    }

    /// It was tried and did not work.
    pub(super) fn failed(why: &impl ToString) -> Self {
        Self { outcome: AuditOutcome::Failed, detail: why.to_string() }
    }
}

/// An answer or an error that tells what really came of what was asked.
pub(super) trait ReportsOutcome {
    /// What came of it; `None` for what is not to be written down.
    fn outcome(&self) -> Option<Outcome>;
}

impl ReportsOutcome for () {
    fn outcome(&self) -> Option<Outcome> {
        Some(Outcome::done())
    }
}

impl ReportsOutcome for SessionId {
    fn outcome(&self) -> Option<Outcome> {
        Some(Outcome::done())
    }
}

impl ReportsOutcome for Connection {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self.phase {
            Phase::Connected => Outcome::done(),
            _ => Outcome::failed(&self.cause_text.as_deref().unwrap_or("It was disconnected before it connected.")),
        })
    }
}

impl ReportsOutcome for AppError {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self {
            Self::Internal | Self::DiskFull | Self::ShuttingDown | Self::Interrupted => Outcome::failed(self),
            _ => Outcome::refused(self),
        })
    }
}
