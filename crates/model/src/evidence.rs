//! What was seen of a failure: facts to be kept, from which sentences are made when they are read.

mod faults;
mod known;
mod own_certificate;
mod peer;
mod token;

use serde::{Deserialize, Serialize};

use self::known::known;
pub use self::{
    faults::{LocalResource, NameFault, ProtocolFault, SubprotocolFault, TlsProblem},
    own_certificate::{CertificateFault, CertificateFile, CertificateProblem},
    peer::{Certificate, CloseFrame, HttpAnswer, OpeningFault, TlsFault, Tunnel, UnresolvedName},
    token::{TokenFault, TokenProblem},
};
use super::{Attempt, Cause, Layer, PeerText, ServiceName};

/// What was seen of a failed attempt, or of the end of an open connection. `None` for what was not seen, or does not
/// belong to a failure of its kind.
///
/// Its JSON form is versioned. A reader of another version keeps the fields that it understands: unknown fields are
/// ignored, and a known one with content of an unknown kind is read as `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The version of the form that it was written in.
    pub v: u32,
    /// Where it failed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub layer: Option<Layer>,
    /// Why, as a bounded word.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub cause: Option<Cause>,
    /// The attempt that failed, or with which the connection that ended was opened.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub attempt: Option<Attempt>,
    /// The deadline that passed, or how long there was silence, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub after_ms: Option<u64>,
    /// The operating system's error number.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub errno: Option<i32>,
    /// The operating system's or a library's words, or ours where there is no bounded word, as a clause.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub detail: Option<PeerText>,
    /// What the monitor itself was short of.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub short_of: Option<LocalResource>,
    /// The certificate or key of the monitor's own that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub own_certificate: Option<CertificateFault>,
    /// The service that is not configured.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub service: Option<ServiceName>,
    /// The host name that did not resolve.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub name: Option<UnresolvedName>,
    /// The tunnel that the service's proxy did not open; the other fields then tell of the proxy.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub tunnel: Option<Tunnel>,
    /// What was wrong with TLS.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub tls: Option<TlsFault>,
    /// The answer with which the server refused the upgrade, or the proxy the tunnel.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub http: Option<HttpAnswer>,
    /// Why the service's token service gave no token.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub token: Option<TokenFault>,
    /// How the opening failed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub opening: Option<OpeningFault>,
    /// Why there is no agreement on a subprotocol.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub subprotocol: Option<SubprotocolFault>,
    /// How the peer broke the protocol or a limit.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub protocol: Option<ProtocolFault>,
    /// The close frame that the peer sent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub close: Option<CloseFrame>,
}

impl Evidence {
    /// The version of the JSON form that is written.
    pub const VERSION: u32 = 1;
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            v: Self::VERSION,
            layer: None,
            cause: None,
            attempt: None,
            after_ms: None,
            errno: None,
            detail: None,
            short_of: None,
            own_certificate: None,
            service: None,
            name: None,
            tunnel: None,
            tls: None,
            http: None,
            token: None,
            opening: None,
            subprotocol: None,
            protocol: None,
            close: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;

    fn refused() -> Evidence {
        let attempt =
            Attempt { address: Some(([192, 0, 2, 1], 80).into()), dns_ms: Some(3), ..Attempt::at(Stage::Tcp) };
        Evidence {
            layer: Some(Layer::Tcp),
            cause: Some(Cause::ConnectionRefused),
            attempt: Some(attempt),
            errno: Some(111),
            ..Evidence::default()
        }
    }

    #[test]
    fn only_what_was_seen_is_written() {
        let json = serde_json::to_string(&refused()).expect("JSON");
        let expected = r#"{"v":1,"layer":"tcp","cause":"connection_refused","attempt":{"stage":"tcp","address":"192.0.2.1:80","dns_ms":3},"errno":111}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Evidence>(&json).expect("evidence"), refused());
    }

    #[test]
    fn a_reader_keeps_what_it_understands_of_a_newer_version() {
        let newer = r#"{"v":2,"layer":"quic","cause":"connection_refused","errno":"ECONNREFUSED","hops":[1],
            "attempt":{"stage":"tcp","address":"192.0.2.1:80","dns_ms":3,"quic_ms":7},
            "tls":{"problem":"too_young","alert":"handshake_failure"},"close":null}"#;
        let expected = Evidence {
            v: 2,
            cause: Some(Cause::ConnectionRefused),
            attempt: refused().attempt,
            tls: Some(TlsFault { alert: Some(PeerText::new("handshake_failure")), ..TlsFault::default() }),
            ..Evidence::default()
        };
        assert_eq!(serde_json::from_str::<Evidence>(newer).expect("evidence"), expected);
    }
}
