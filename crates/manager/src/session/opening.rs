//! An opening under way, and its deadline.

use std::time::Duration;

use tokio::time::Instant;

use crate::{failure::Failure, opening::Run};

/// An opening under way.
pub(super) struct Opening {
    /// None: it ends with the first message, or when none has come in time.
    pub(super) run: Option<Run>,
    /// How long the answer may take that is waited for, and until when.
    pub(super) within: Duration,
    pub(super) by: Instant,
    /// How many messages came for it.
    pub(super) heard: u64,
    pub(super) is_over: bool,
}

impl Opening {
    /// When the answer that is waited for is late.
    pub(super) fn at(&self) -> Instant {
        self.by
    }

    /// The deadline has passed: why it failed, unless it has ended with that.
    pub(super) fn overdue(&mut self) -> Option<Failure> {
        self.is_over = self.run.is_none();
        (!self.is_over).then(|| self.failure(None))
    }

    /// Why it failed, when the answer did not come in time, or the connection ended.
    pub(super) fn failure(&self, ended: Option<Failure>) -> Failure {
        match (&self.run, ended) {
            (None, Some(ended)) => ended,
            // In one turn of reading the last answer may come and then the end: no step was under way any more.
            (Some(_), Some(ended)) if self.is_over => ended,
            (run, ended) => {
                let fault = run.as_ref().map(Run::fault).unwrap_or_default();
                Failure::Opening { fault: Box::new(fault), ended: ended.map(Box::new), after: self.within }
            }
        }
    }
}
