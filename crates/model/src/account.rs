//! An administrator's own account.

use serde::{Deserialize, Serialize};

use super::PeerText;

/// The fewest characters a password may have (NIST SP 800-63B section 5.1.1.2).
pub const PASSWORD_MIN_CHARS: usize = 8;

/// The most bytes a password may have, so that hashing one is always quick.
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// A session of the administrator who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSession {
    /// What it is called in a request to end it: not its id, which lets in, but its hash.
    pub key: String,
    /// When it began, in Unix milliseconds.
    pub started_ms: i64,
    /// When it was last used, to the minute.
    pub used_ms: i64,
    /// Where it began from.
    pub address: String,
    /// What the browser called itself.
    pub agent: PeerText,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The account of the administrator who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name to sign in with.
    pub name: String,
    /// The sessions, last used first.
    pub sessions: Vec<LoginSession>,
    /// When this was so, in Unix milliseconds by the server's clock.
    pub now_ms: i64,
}
