//! What can be asked of a connection's task.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{error::SendError, frame::CloseCode, message::Message, options::CheckedOptions};

/// Tells whoever gave a command that it has been carried out.
pub(super) type Ack = oneshot::Sender<()>;

/// What can be asked of a connection.
#[derive(Debug)]
pub(super) enum Command {
    /// Connect now, if not connected; with `Some`, also change what it says.
    Connect { change: Change, done: Ack },
    /// Change something; an open connection whose options change is opened anew.
    Change { change: Change, done: Ack },
    /// Close the socket and stay off.
    Disconnect { done: Ack },
    /// Make no more attempts until resumed; nothing if none is scheduled.
    Pause { done: Ack },
    /// Make attempts again, in the order of the gate; nothing unless it is off.
    Resume { done: Ack },
    /// Send a message.
    Send { message: Message, done: oneshot::Sender<Result<(), SendError>> },
    /// Close the socket with this code and end the task.
    Stop { code: CloseCode },
}

/// A command on its way to the task.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) command: Command,
    /// When it was asked for by an administrator, in Unix milliseconds: the time of the event that was kept of it, from
    /// which on availability counts what follows. None of what is no change, which counts from when it is done.
    pub(super) at_ms: Option<i64>,
}

impl From<Command> for Asked {
    fn from(command: Command) -> Self {
        Self { command, at_ms: None }
    }
}

/// What changes from now on; `None` keeps the current value.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) auto_reconnect: Option<bool>,
    pub(super) options: Option<Arc<CheckedOptions>>,
}
