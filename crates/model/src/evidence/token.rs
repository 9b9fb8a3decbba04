//! Why there is no token.

use serde::{Deserialize, Serialize};

use super::known::known;
use crate::PeerText;

/// What kept a token service from issuing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenProblem {
    /// The client's id or secret, or the file of authorities to trust, cannot be read.
    Credentials,
    /// No connection to the token service: its name, TCP or TLS.
    Unreachable,
    /// The deadline passed.
    Late,
    /// It ended the connection without an answer.
    HungUp,
    /// It refuses this client, or what this client asks for.
    Refused,
    /// It says that it cannot answer now.
    Unavailable,
    /// Its answer has no token that can be used.
    NoToken,
}

/// Why a service's OAuth 2.0 token service gave no token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenFault {
    /// What went wrong; `None` if this version does not know it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub problem: Option<TokenProblem>,
    /// The token service's host, with its port if that is not the scheme's own.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub host: PeerText,
    /// The HTTP status of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `error` of its answer (RFC 6749 section 5.2).
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub error: PeerText,
    /// `error_description` of its answer.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub description: PeerText,
    /// The wait that it asks for (`Retry-After`), in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The deadline that passed, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u32>,
    /// The operating system's or a library's words, or ours where there is no bounded word, as a clause.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub detail: PeerText,
}

impl TokenFault {
    /// A fault of which no more is known.
    pub fn of(problem: TokenProblem) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    /// Whether asking again cannot help until the configuration, or the client at the token service, is changed.
    pub fn is_refusal(&self) -> bool {
        self.problem == Some(TokenProblem::Refused)
    }
}
