//! What the manager refuses.

use wsmon_model::{EndpointId, ServiceName};

use super::keeper::KeepError;

/// Why the manager did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManagerError {
    /// No connection has this name.
    #[error("there is no connection named {0}")]
    Unknown(EndpointId),
    /// No service has this name.
    #[error("no service named {0} is configured")]
    NoService(ServiceName),
    /// The manager takes no more commands.
    #[error("the connection manager is shutting down")]
    ShuttingDown,
    /// The manager was shut down before the connection was made. What was asked for is kept, and done
    /// at the next start.
    #[error("the connection manager shut down before it was done; it is kept")]
    Interrupted,
    /// What was asked for could not be kept, so it was not done.
    #[error("it could not be kept: {0}")]
    Keep(#[from] KeepError),
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection has this name.
    #[error("there is no such connection")]
    Unknown,
    /// The connection is not up.
    #[error("the connection is not up")]
    NotConnected,
    /// The message does not fit into the connection's write buffer, whose size its options set.
    #[error("the message is larger than the connection's write buffer")]
    TooBig,
    /// The peer does not read; messages already wait to be sent.
    #[error("too many messages wait to be sent")]
    OutboxFull,
}
