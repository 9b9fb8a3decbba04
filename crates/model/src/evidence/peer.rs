//! What a peer, or a name server, said.

use serde::{Deserialize, Serialize};

use super::{
    faults::{NameFault, TlsProblem},
    known::known,
};
use crate::PeerText;

/// A host name that did not resolve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnresolvedName {
    /// The name.
    pub host: PeerText,
    /// Why; `None` where the resolver's words have to say it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub fault: Option<NameFault>,
}

/// A tunnel through a service's proxy (RFC 9110 section 9.3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tunnel {
    /// The proxy, as `host:port`.
    pub proxy: PeerText,
    /// Where to, as `host:port`.
    pub target: PeerText,
    /// Whether the proxy was sent a user and password.
    pub signs_in: bool,
}

/// What was wrong with TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsFault {
    /// What, as a bounded word; `None` where the library's words have to say it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub problem: Option<TlsProblem>,
    /// The name that the certificate is held against.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub host: PeerText,
    /// The alert that the server sent, by its name in RFC 8446 section 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<PeerText>,
    /// Whose client certificate the server could have asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<PeerText>,
    /// The certificate that is not taken.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub certificate: Option<Certificate>,
}

/// A server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    /// The names and addresses it is for, the first [`NAMES`](Self::NAMES) of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<PeerText>,
    /// Who issued it.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub issuer: PeerText,
    /// From when it is valid, in Unix milliseconds.
    pub not_before_ms: i64,
    /// Until when it is valid, in Unix milliseconds.
    pub not_after_ms: i64,
}

impl Certificate {
    /// The most names kept.
    pub const NAMES: usize = 8;
}

/// How an opening failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningFault {
    /// The number of the step that failed, from 1.
    pub step: u32,
    /// The pattern of the answer that it waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<PeerText>,
    /// The last message that came instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<PeerText>,
}

/// An answer to the upgrade request with another status than 101, or a proxy's to a request for a tunnel. Of its headers
/// those that explain it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// `Server`.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub server: PeerText,
    /// `Content-Type`.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub content_type: PeerText,
    /// `Location`, without what may hold a secret: a user, a query, a fragment.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub location: PeerText,
    /// By how many seconds `Date` was ahead of the monitor's clock, if that is more than a minute either way and the answer
    /// does not come from a cache.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub clock_ahead_s: Option<i64>,
    /// `Retry-After`, as it came.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub retry_after: PeerText,
    /// The same as seconds from the answer on; `None` if it was neither a number nor a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// `WWW-Authenticate`, or a proxy's `Proxy-Authenticate`: each challenge's scheme and those parameters that are no secret.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub www_authenticate: PeerText,
    /// The beginning of the body, [`BODY_BYTES`](Self::BODY_BYTES) at most.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub body: PeerText,
}

impl HttpAnswer {
    /// The most of a body that is kept, in bytes.
    pub const BODY_BYTES: usize = 200;
}

/// A close frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloseFrame {
    /// The close code; `None` if the frame was empty (RFC 6455's 1005).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// What the peer wrote.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub reason: PeerText,
}
