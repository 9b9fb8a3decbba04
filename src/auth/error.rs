//! Why somebody was not let in.

use std::time::Duration;

use tokio::task::JoinError;
use wsmon_store::StoreError;

/// Why a login, or something else about an administrator, could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The password could not be hashed.
    #[error("the password cannot be used: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    /// The check was cut short.
    #[error("the password could not be checked: {0}")]
    Check(#[from] JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The user name or the password is wrong. It is not told which.
    #[error("wrong user name or password")]
    Credentials,
    /// Too many tries failed lately; nothing was checked.
    #[error("too many failed logins, wait {} s", .wait.as_secs())]
    TooMany {
        /// How long to wait.
        wait: Duration,
        /// Whether this is the first to be made to wait.
        is_first: bool,
    },
    /// A fault of our own.
    #[error(transparent)]
    Internal(#[from] AuthError),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}
