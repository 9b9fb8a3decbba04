//! Why options cannot be used.

use std::time::Duration;

use super::opening::{InvalidLine, InvalidScript};
use wsmon_model::InvalidReference;

/// The least time between two pings, and for a pong.
pub(super) const SHORTEST: Duration = Duration::from_millis(100);

/// The least age at which a session can be replaced.
pub(super) const SHORTEST_ROTATION: Duration = Duration::from_secs(1);

/// The largest limit that can be set on memory, in bytes.
pub(super) const LARGEST: u32 = 64 * 1024 * 1024;

/// The smallest.
pub(super) const SMALLEST: u32 = 1024;

/// Why options cannot be used. Each displays as a sentence for the person who gave them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOptions {
    /// Not a header name, or one that the handshake sets.
    #[error("“{0}” cannot be used as a header: it is not a header's name, or it is set by the connection itself.")]
    HeaderName(String),
    /// A line break or another control character in what is sent in a header.
    #[error("The value of {name} has a character that cannot be sent in a header.")]
    HeaderValue {
        /// The field that it stands in.
        field: &'static str,
        /// What people call it.
        name: String,
    },
    /// A value that begins as a reference to a secret and is none.
    #[error("The reference to a secret cannot be used: {why}.")]
    Reference {
        /// The field that it stands in.
        field: &'static str,
        /// Why not.
        why: InvalidReference,
    },
    /// Both set the same header.
    #[error("Basic authentication and a bearer token are both sent as Authorization: fill in one of them.")]
    TwoSignIns,
    /// No user and password.
    #[error("Basic authentication needs user:password: a user without a colon, a colon, and the password.")]
    BasicAuth,
    /// Not a token.
    #[error("“{0}” is not a subprotocol's name: letters, digits and !#$%&'*+-.^_`|~ are allowed.")]
    Subprotocol(String),
    /// A code in two lists that say the opposite.
    #[error("{0} is both never and always retried: take it out of one of the two.")]
    NeverAndAlways(u16),
    /// No script.
    #[error(transparent)]
    Opening(#[from] InvalidScript),
    /// A heartbeat's text, or a pattern, that cannot be used.
    #[error("{why}")]
    Message {
        /// The field that it stands in.
        field: &'static str,
        /// Why not.
        why: InvalidLine,
    },
    /// One without the other.
    #[error("A heartbeat needs its text and how often it is sent: fill in both, or neither.")]
    HalfHeartbeat {
        /// The field that is empty.
        field: &'static str,
    },
    /// A time that is too short.
    #[error("Pings, pongs, heartbeats and the longest silence need at least {} ms.", SHORTEST.as_millis())]
    TooShort,
    /// A session that would be replaced too soon.
    #[error("A session has to be at least {} ms old before another takes its place.", SHORTEST_ROTATION.as_millis())]
    Rotation,
    /// A window for nothing.
    #[error("A window for rotation needs the age from which sessions are replaced: fill in both, or leave it out.")]
    WindowAlone,
    /// A limit outside the range.
    #[error("Limits on memory lie between {SMALLEST} and {LARGEST} bytes.")]
    Limit,
}

impl InvalidOptions {
    /// The field to say it beside, where it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::HeaderName(_) => Some("headers"),
            Self::HeaderValue { field, .. }
            | Self::Reference { field, .. }
            | Self::Message { field, .. }
            | Self::HalfHeartbeat { field } => Some(field),
            Self::TwoSignIns | Self::BasicAuth => Some("basic_auth"),
            Self::Subprotocol(_) => Some("subprotocols"),
            Self::NeverAndAlways(_) => Some("always_retry"),
            Self::Opening(_) => Some("opening"),
            Self::Rotation | Self::WindowAlone => Some("rotate_after_ms"),
            Self::TooShort | Self::Limit => None,
        }
    }
}
