//! What a connection's task is to carry out.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};
use wsmon_model::{EventKind, Evidence};

use super::beside::Beside;
use crate::{command::Ack, error::SendError, failure::Failure, frame::CloseCode, gate::Lane, message::Message};

/// What is to be carried out, in this order: whoever sees a state finds it counted, and whoever is answered finds
/// what was asked for done.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// To be counted, logged and kept as an event.
    pub(crate) report: Option<Report>,
    /// Whether the state has changed and is to be published.
    pub(crate) publish: bool,
    /// To be begun in place of what is under way, which is given up.
    pub(crate) work: Option<Work>,
    /// To be begun beside the open session, in place of what is under way there.
    pub(crate) beside: Option<Beside>,
    /// Whom to answer.
    pub(crate) answer: Option<Answer>,
}

impl Effects {
    /// Tells whoever gave a command that it has been carried out.
    pub(crate) fn acknowledged(done: Ack) -> Self {
        Self { answer: Some(Answer::Done(done)), ..Self::default() }
    }
}

/// What can be under way. Of all but [`Idle`](Self::Idle) and [`End`](Self::End) an input tells how it ends; an
/// attempt that succeeds goes over into a session, which is under way until it ends or is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    Idle,
    /// Wait until a time. With `renewal`, at most: from that time on, a success at the host since the last attempt ends
    /// the wait, as the certificate may have been renewed.
    Wait { until: Instant, renewal: Option<Instant> },
    /// Ask the gate for leave to dial.
    Admission(Lane),
    /// Dial, with the leave that the gate gave.
    Attempt,
    /// Close the session with this code, and the one beside it that is being closed.
    Close(CloseCode),
    /// End the task.
    End,
}

/// What has happened.
#[derive(Debug)]
pub(crate) enum Report {
    /// An attempt succeeded; how long the handshake took.
    Connected { took: Duration },
    /// An attempt failed, or a session ended by itself.
    Down(Down),
    /// A session was closed because the options have changed, or because it had grown old.
    ClosedToReopen,
    /// Another session has taken the place of the open one; how long its handshake took.
    Rotated { took: Duration },
    /// No other session could be opened; why, failures in a row, and the wait for the next attempt.
    RotationFailed { evidence: Box<Evidence>, attempt: u32, retry_in: Duration },
    /// The session is closed before a new one is opened, as the service refuses a second one: because of this, if that is
    /// new.
    ClosesToRotate { refusal: Option<Box<Evidence>> },
    /// An administrator turned the connection off, and with it the session if it `was_open`.
    TurnedOff { was_open: bool },
}

/// A failure, and what follows it.
#[derive(Debug)]
pub(crate) struct Down {
    pub(crate) kind: EventKind,
    pub(crate) failure: Arc<Failure>,
    /// Whether it ended a session.
    pub(crate) was_open: bool,
    /// Failures in a row, this one included.
    pub(crate) attempt: u32,
    /// The wait for the next attempt; none if there is to be no other, or the gate decides.
    pub(crate) retry_in: Option<Duration>,
}

/// An answer to whoever gave a command.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It has been carried out.
    Done(Ack),
    /// Queue a message on the session, if there is one, and tell what came of it.
    Send { message: Message, done: oneshot::Sender<Result<(), SendError>> },
}
