//! Why options cannot be used.

use super::{
    opening::InvalidScript,
    options::{LARGEST, SHORTEST, SMALLEST},
};
use wsmon_model::InvalidReference;

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
    /// No script.
    #[error(transparent)]
    Opening(#[from] InvalidScript),
    /// A time that is too short.
    #[error("Pings, pongs and the longest silence need at least {} ms.", SHORTEST.as_millis())]
    TooShort,
    /// A limit outside the range.
    #[error("Limits on memory lie between {SMALLEST} and {LARGEST} bytes.")]
    Limit,
}

impl InvalidOptions {
    /// The field to say it beside, where it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::HeaderName(_) => Some("headers"),
            Self::HeaderValue { field, .. } | Self::Reference { field, .. } => Some(field),
            Self::TwoSignIns | Self::BasicAuth => Some("basic_auth"),
            Self::Subprotocol(_) => Some("subprotocols"),
            Self::Opening(_) => Some("opening"),
            Self::TooShort | Self::Limit => None,
        }
    }
}
