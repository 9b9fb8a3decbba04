//! What is under way for a connection: one thing at a time, and beside an open session the opening of another.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};
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
    /// An open connection, its word for the host, and what is under way beside it.
    Session(Box<Session>, LiveSession, Option<Box<UnderWayBeside>>),
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
    /// What was under way beside the session has ended like this.
    Beside(Box<Outcome>),
}

impl UnderWay {
    /// Waits for it to end. Cancel safe.
    pub(super) async fn outcome(&mut self, shared: &Shared, clock: &Arc<dyn Clock>) -> Outcome {
        match self {
            Self::Nothing | Self::Permit(_) => pending().await,
            Self::Future(future) => future.await,
            Self::Session(session, _, Some(beside)) => beside.outcome(session, shared, clock).await,
            Self::Session(session, _, None) => loop {
                if let Some(failure) = session.run(shared, clock).await {
                    break Outcome::SessionEnded(failure);
                }
            },
        }
    }

    /// Queues a message on the session, if there is one.
    pub(super) fn send(&mut self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Session(session, _, beside) if beside.as_ref().is_none_or(|beside| beside.is_open()) => {
                session.enqueue(message)
            }
            _ => Err(SendError::NotConnected),
        }
    }
}

/// How long the end of the old session may come before that of the attempt at a new one: many services end the one because
/// of the other.
const TAKEOVER: Duration = Duration::from_secs(3);

/// What is under way beside an open session.
pub(crate) enum UnderWayBeside {
    /// A wait, or the gate.
    Future(BoxFuture<'static, Outcome>),
    /// Leave to dial, which the next attempt takes.
    Permit(Permit),
    /// An attempt at the session that takes the open one's place.
    Attempt {
        attempt: BoxFuture<'static, Outcome>,
        /// Why the open session has ended meanwhile, and how long the attempt may still make up for it.
        ended: Option<(Failure, Instant)>,
    },
    /// The session whose place was taken, unless it has ended by itself.
    Old(Option<(Box<Session>, LiveSession)>),
    /// Its close.
    CloseOld(BoxFuture<'static, Outcome>),
}

impl UnderWayBeside {
    /// Waits for its end, or for that of the session. Cancel safe. The future is boxed, so that connections without
    /// rotation have no room for it.
    pub(super) fn outcome<'a>(
        &'a mut self,
        session: &'a mut Session,
        shared: &'a Shared,
        clock: &'a Arc<dyn Clock>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            loop {
                let ended = match self {
                    Self::Permit(_) | Self::Old(_) => session.run(shared, clock).await,
                    Self::Attempt { attempt, ended: Some((failure, by)) } => {
                        return match timeout_at(*by, attempt).await {
                            Ok(outcome @ Outcome::Attempted { opened: Ok(_), .. }) => {
                                Outcome::Beside(Box::new(outcome))
                            }
                            _ => Outcome::SessionEnded(failure.clone()),
                        };
                    }
                    Self::Future(future) | Self::CloseOld(future) | Self::Attempt { attempt: future, .. } => {
                        tokio::select! {
                            ended = session.run(shared, clock) => ended,
                            outcome = future => return Outcome::Beside(Box::new(outcome)),
                        }
                    }
                };
                match (ended, &mut *self) {
                    (None, _) => {}
                    (Some(failure), Self::Attempt { ended, .. }) => {
                        *ended = Some((failure, Instant::now() + TAKEOVER));
                        // The service may wait for that before it lets the new one in.
                        session.hang_up();
                    }
                    (Some(failure), _) => return Outcome::SessionEnded(failure),
                }
            }
        })
    }

    /// Whether the open session can still be written to.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::Attempt { ended: Some(_), .. })
    }

    /// The close of the old session, if that is what is under way.
    pub(super) fn old_closed(self) -> Option<BoxFuture<'static, Outcome>> {
        match self {
            Self::CloseOld(future) => Some(future),
            _ => None,
        }
    }
}

/// Leaves a session that has ended, with its last word for the host.
pub(super) fn leave(session: Box<Session>, live: LiveSession, why: &Failure) {
    live.end(why);
    if let Some(code) = why.own_close_code() {
        session.abandon(code);
    }
}
