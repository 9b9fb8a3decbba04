//! The one error that server functions answer with.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use wsmon_model::{EndpointId, FieldProblem};

/// Why a request was not carried out. Each displays as a sentence for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// Nobody is signed in (401).
    #[error("You are signed out. Sign in again.")]
    Unauthenticated,
    /// What was sent makes no sense (400). The text says what is allowed.
    #[error("{0}")]
    Invalid(String),
    /// What stands in a field of a form makes no sense (422). The text says why.
    #[error("{0}")]
    InvalidField(FieldProblem),
    /// Somebody else has changed the same thing meanwhile (409). Nothing was changed.
    #[error("Somebody else has changed these options since they were shown here. Nothing was saved.")]
    Conflict,
    /// No connection has this name (404).
    #[error("There is no connection named {0}.")]
    NotFound(EndpointId),
    /// An operation on many connections is not kept any more (410).
    #[error("That is kept for ten minutes, and not beyond a restart of the monitor. Look again at what it would do.")]
    BulkGone,
    /// The monitor is shutting down (503).
    #[error("The monitor is shutting down.")]
    ShuttingDown,
    /// The monitor shuts down before it is known what came of it (503). What was asked for is kept.
    #[error("The monitor is shutting down. The connection is kept, and is made at the next start.")]
    Interrupted,
    /// The disk is full (507, RFC 4918 section 11.5). Nothing was changed.
    #[error("The disk is full, so nothing can be changed. Free some space; connections stay up meanwhile.")]
    DiskFull,
    /// A fault of the server's own, which its log explains (500).
    #[error("Something went wrong in the monitor. Its log says what.")]
    Internal,
    /// The server could not be reached, or what came back was not its answer.
    #[error("The monitor cannot be reached.")]
    Unreachable,
    /// The server took too long.
    #[error("The monitor did not answer in time.")]
    Timeout,
}

impl AppError {
    /// The HTTP status that goes with it.
    pub fn http_status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::InvalidField(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::BulkGone => StatusCode::GONE,
            Self::ShuttingDown | Self::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal | Self::Unreachable | Self::Timeout => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
