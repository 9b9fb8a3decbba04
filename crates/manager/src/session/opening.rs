//! An opening under way, and its deadline.

use std::time::Duration;

use tokio::time::Instant;

use crate::{failure::Failure, opening::Run};

/// An opening under way.
pub(super) struct Opening {
    pub(super) run: Run,
    /// How long the answer may take that is waited for, and until when.
    pub(super) within: Duration,
    pub(super) by: Instant,
    pub(super) is_over: bool,
}

impl Opening {
    /// When the answer that is waited for is late.
    pub(super) fn at(&self) -> Instant {
        self.by
    }

    /// Why it failed, when the answer did not come in time, or the connection ended.
    pub(super) fn failure(&self, ended: Option<Failure>) -> Failure {
        Failure::Opening { fault: Box::new(self.run.fault()), ended: ended.map(Box::new), after: self.within }
    }
}
