//! An event as it is kept.

use wsmon_model::{Cause, EndpointId, EventKind, Evidence, Transition};

/// Something that happened to a connection, as it is kept: what was seen, from which [`describe`](crate::describe) makes
/// sentences when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// The connection.
    pub endpoint: EndpointId,
    /// When, in Unix milliseconds by the manager's clock.
    pub at_ms: i64,
    /// What.
    pub kind: EventKind,
    /// Failures in a row, this one included; 0 if it is none.
    pub attempt: u32,
    /// What was seen, if it is a failure.
    pub evidence: Option<Box<Evidence>>,
    /// What it changes in what the connection's availability counts as, at the same time.
    pub transition: Option<Transition>,
}

impl EventRecord {
    /// An event that is no failure.
    pub fn new(endpoint: EndpointId, at_ms: i64, kind: EventKind) -> Self {
        Self { endpoint, at_ms, kind, attempt: 0, evidence: None, transition: None }
    }

    /// Why, if it is a failure.
    pub fn cause(&self) -> Option<Cause> {
        self.evidence.as_ref()?.cause
    }

    /// The close code that the peer sent.
    pub fn close_code(&self) -> Option<u16> {
        self.evidence.as_ref()?.close.as_ref()?.code
    }
}
