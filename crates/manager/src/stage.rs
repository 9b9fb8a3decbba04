//! How far an attempt came, and what a name server said.

/// How far an attempt had come when its deadline passed or the peer hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Resolving the host name.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// Agreeing on TLS.
    Tls,
    /// Waiting for the answer to the upgrade request.
    Upgrade,
}

/// Why a host name did not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is no such name, or it has no address.
    NotFound,
    /// No name server gave an answer.
    NoAnswer,
    /// Anything else.
    Other {
        /// The resolver's word for it.
        detail: String,
    },
}
