//! What is known of whether the store can be written and is sound.

use std::{fmt, sync::OnceLock};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::error::{StoreError, one_line};

/// Why the last write failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The disk is full.
    Full,
    /// Anything else, in `SQLite`'s words.
    Failing(String),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the disk is full"),
            Self::Failing(detail) => f.write_str(detail),
        }
    }
}

impl From<&StoreError> for WriteError {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Statement(sqlx::Error::PoolClosed) => Self::Failing("it is closed".to_owned()),
            StoreError::Statement(error) => Self::Failing(one_line(error)),
            other => Self::Failing(other.to_string()),
        }
    }
}

/// What the last write and the check of the whole have shown.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// What was wrong with the last write. While there is something, a task tries again.
    pub(super) write_error: watch::Sender<Option<WriteError>>,
    pub(super) damage: OnceLock<String>,
    pub(super) closing: CancellationToken,
}

impl Health {
    /// No longer checks, nor tries to write.
    pub(super) fn stop(&self) {
        self.closing.cancel();
    }
}
