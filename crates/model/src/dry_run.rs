//! What a dry run of an attempt tells.

use std::net::SocketAddr;

use super::{PeerText, Stage};

/// A step of a dry run: what one attempt to open a connection, and the wait for its first message, came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunStep {
    /// A stage of the attempt succeeded.
    Passed {
        /// Which.
        stage: Stage,
        /// How long it took, in milliseconds.
        ms: u32,
        /// The address that was connected to, for the stage that connects.
        address: Option<SocketAddr>,
    },
    /// A message came. The last step.
    Received {
        /// How long after the connection was open, in milliseconds.
        ms: u32,
        /// The size of its payload, in bytes.
        bytes: usize,
        /// How it begins, with secrets masked; `None` if it is binary.
        text: Option<PeerText>,
    },
    /// The connection is open, and no message came. The last step.
    Quiet {
        /// How long one was waited for, in milliseconds.
        ms: u32,
    },
    /// It failed. The last step.
    Failed {
        /// The stage that failed; `None` if not even the first began.
        stage: Option<Stage>,
        /// What happened and what to do, in sentences.
        why: String,
    },
}
