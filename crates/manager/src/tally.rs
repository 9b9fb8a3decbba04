//! How many connections are in each status, kept up to date by those that change it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use wsmon_model::{Status, Summary};

/// The count of a service's connections by status. Always that of one moment: who moves is in one status or the other.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Summary>);

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Summary> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn summary(&self) -> Summary {
        *self.lock()
    }

    pub(super) fn add(&self, status: Status) {
        self.lock().count(status);
    }

    pub(super) fn remove(&self, status: Status) {
        self.lock().uncount(status);
    }

    /// A connection has gone from one status to another.
    pub(super) fn move_one(&self, from: Status, to: Status) {
        if from != to {
            let mut summary = self.lock();
            summary.uncount(from);
            summary.count(to);
        }
    }
}
