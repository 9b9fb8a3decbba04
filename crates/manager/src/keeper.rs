//! What outlives the process: the wanted state of every connection, and what happened to it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{event_record::EventRecord, options::CheckedOptions};
use wsmon_model::{EndpointId, PendingAudit, Transition};

/// What an administrator wants of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which connection.
    pub endpoint: EndpointId,
    /// Whether it is to be up.
    pub on: bool,
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: bool,
    /// What differs for it.
    pub options: CheckedOptions,
}

/// What was learned of how long a feed is usually quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedSilences {
    /// Which connection's.
    pub endpoint: EndpointId,
    /// In a form that only the manager knows.
    pub learned: Vec<u8>,
}

/// From when on a connection is counted otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTransition {
    /// Which connection.
    pub endpoint: EndpointId,
    /// When, and as what.
    pub transition: Transition,
}

/// What happened, to be kept as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Set when connections begin to be watched, before all that follows: as what each counts. What counted as anything
    /// else was watched until the last `watched_until_ms`, and by nobody since.
    pub begun: Option<Arc<[EndpointTransition]>>,
    /// Events in their order.
    pub events: Vec<EventRecord>,
    /// Transitions in their order, also those that the events tell of.
    pub transitions: Vec<EndpointTransition>,
    /// Until when all that happened has been given, these included, in Unix milliseconds; none if there is more to come.
    pub watched_until_ms: Option<i64>,
}

/// Why something was not kept. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

/// Keeps what outlives the process. The manager's only view of a store; several monitors may share
/// one that is behind this.
pub trait Keeper: Send + Sync + 'static {
    /// All that was wanted when it was last asked to keep something.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>>;

    /// Keeps what is wanted of a connection, the event that it came with and the entry of an audit log that tells of it:
    /// all of them or none. When this returns, a power cut cannot take them away.
    fn save<'a>(
        &'a self,
        wanted: &'a Wanted,
        event: &'a EventRecord,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>>;

    /// Forgets a connection and its events, and keeps the entry that tells of it; as whole and as durable as
    /// [`save`](Self::save).
    fn forget<'a>(
        &'a self,
        endpoint: &'a EndpointId,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>>;

    /// Keeps what happened. What is of endpoints that are no longer wanted may be dropped.
    fn append<'a>(&'a self, happened: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>>;

    /// What was last kept of feeds' silences. Without any, it is learned anew.
    fn load_silences(&self) -> BoxFuture<'_, Result<Vec<LearnedSilences>, KeepError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Keeps what was learned of feeds' silences, in the place of what was kept of these before. That of endpoints which
    /// are no longer wanted may be dropped.
    fn keep_silences<'a>(&'a self, _learned: &'a [LearnedSilences]) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Keeps nothing: every start is the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopKeeper;

impl Keeper for NoopKeeper {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save<'a>(
        &'a self,
        _: &'a Wanted,
        _: &'a EventRecord,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }

    fn forget<'a>(&'a self, _: &'a EndpointId, _: Option<&'a PendingAudit>) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }

    fn append<'a>(&'a self, _: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}
