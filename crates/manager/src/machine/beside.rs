//! What can be under way beside an open session, and how it ends.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use wsmon_model::Attempt;

use crate::failure::Failure;

/// What can be under way beside an open session, of whose end a [`BesideInput`] tells. It ends with
/// the session, unless the new one that it opened has taken that one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Wait until a time.
    Wait { until: Instant },
    /// Ask the gate for leave to dial.
    Admission,
    /// Dial, with the leave that the gate gave. If that succeeds, the new session takes the place of the old one.
    Attempt,
    /// Close the session whose place was taken.
    CloseOld,
}

/// What happens beside an open session.
#[derive(Debug)]
pub(crate) enum BesideInput {
    /// [`Beside::Wait`] is over.
    WaitOver,
    /// [`Beside::Admission`] is over: the gate gives leave to dial.
    Admitted,
    /// [`Beside::Attempt`] succeeded after this time: the new session is the one that is held, the old one is left.
    Opened { attempt: Option<Arc<Attempt>>, took: Duration },
    /// [`Beside::Attempt`] failed.
    AttemptFailed { attempt: Option<Arc<Attempt>>, failure: Arc<Failure> },
    /// [`Beside::CloseOld`] is over.
    OldClosed,
}

/// How far the rotation of the open session has come, and what is known of the service's mind.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    pub(super) under_way: Step,
    /// Failures in a row.
    pub(super) failures: u8,
    /// Those in a row at which the service may have refused a second connection.
    pub(super) refusals: u8,
    /// The service refuses a second connection.
    pub(super) closes_first: bool,
}

/// What is under way beside the session.
#[derive(Debug, Default)]
pub(super) enum Step {
    #[default]
    Nothing,
    Wait,
    Admission,
    Attempt,
    CloseOld,
}
