//! What is under way for a connection: one thing at a time.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use wsmon_model::Attempt;

use crate::{
    clock::Clock,
    error::SendError,
    failure::Failure,
    gate::{LiveSession, Permit},
    message::Message,
    session::Session,
    state::Shared,
};

/// What is under way for a connection.
#[derive(Default)]
pub(crate) enum UnderWay {
    #[default]
    Nothing,
    /// A wait, an attempt, or the close of a session. Boxed: while a connection is held it takes no room.
    Future(BoxFuture<'static, Outcome>),
    /// Leave to dial, which the next attempt takes.
    Permit(Permit),
    /// An open connection, and its word for the host.
    Session(Box<Session>, LiveSession),
}

/// How it ended.
pub(crate) enum Outcome {
    WaitOver,
    Admitted(Permit),
    Attempted {
        /// Once the host has upgraded, it is known to work, and the permit is back.
        opened: Result<(Box<Session>, LiveSession), (Failure, Option<Permit>)>,
        /// How the attempt went, if one began.
        attempt: Option<Arc<Attempt>>,
        /// Until the upgrade.
        took: Duration,
    },
    SessionEnded(Failure),
    SessionClosed,
}

impl UnderWay {
    /// Waits for it to end. Cancel safe.
    pub(super) async fn outcome(&mut self, shared: &Shared, clock: &Arc<dyn Clock>) -> Outcome {
        match self {
            Self::Nothing | Self::Permit(_) => pending().await,
            Self::Future(future) => future.await,
            Self::Session(session, _) => loop {
                if let Some(failure) = session.run(shared, clock).await {
                    break Outcome::SessionEnded(failure);
                }
            },
        }
    }

    /// Queues a message on the session, if there is one.
    pub(super) fn send(&mut self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Session(session, _) => session.enqueue(message),
            _ => Err(SendError::NotConnected),
        }
    }
}
