//! What the parts below fail with, as whoever asked is told it.

use tracing::error;

use super::under_way::NotDone;
use crate::{
    auth::{AuthError, LoginError},
    error::AppError,
};
use wsmon_manager::{KeepError, ManagerError};
use wsmon_store::StoreError;

impl From<NotDone> for AppError {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::ShuttingDown => Self::ShuttingDown,
            NotDone::Panicked => Self::Internal,
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        error!(%error, "the store failed");
        match error {
            StoreError::Full => Self::DiskFull,
            _ => Self::Internal,
        }
    }
}

impl From<ManagerError> for AppError {
    fn from(error: ManagerError) -> Self {
        match error {
            ManagerError::Unknown(endpoint) => Self::NotFound(endpoint),
            ManagerError::NoService(name) => Self::Invalid(format!("No service named “{name}” is configured.")),
            ManagerError::ShuttingDown => Self::ShuttingDown,
            ManagerError::Interrupted => Self::Interrupted,
            ManagerError::Keep(KeepError::Full) => Self::DiskFull,
            ManagerError::Keep(KeepError::Failed(reason)) => {
                error!(reason, "what is wanted could not be kept");
                Self::Internal
            }
        }
    }
}

/// Of a signed-in administrator's own password.
impl From<LoginError> for AppError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Credentials => Self::Invalid("The current password is wrong.".to_owned()),
            LoginError::TooMany { wait, .. } => {
                Self::Invalid(format!("Too many wrong passwords. Wait {} s.", wait.as_secs() + 1))
            }
            LoginError::Internal(AuthError::Store(error)) => error.into(),
            LoginError::Internal(error) => {
                error!(%error, "a password could not be changed");
                Self::Internal
            }
        }
    }
}
