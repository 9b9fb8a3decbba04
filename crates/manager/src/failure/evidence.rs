//! A failure as it is kept.

use std::time::Duration;

use wsmon_model::{
    Attempt, CertificateFault, CloseFrame, Evidence, HttpAnswer, OpeningFault, PeerText, ProtocolFault, Stage,
    TlsFault, TokenFault, Tunnel,
};

use super::Failure;

impl Failure {
    /// What was seen of it. Of the attempt only what the failure itself tells.
    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence { layer: Some(self.layer()), cause: Some(self.cause()), ..Evidence::default() };
        match self {
            Self::Dns { name, error } => {
                evidence.attempt = Some(Attempt::at(Stage::Dns));
                evidence.name = Some(name.clone());
                evidence.errno = error.errno;
                evidence.detail = written(&error.words);
            }
            Self::Refused { address, errno } => {
                evidence.attempt = Some(Attempt { address: Some(*address), ..Attempt::at(Stage::Tcp) });
                evidence.errno = *errno;
            }
            Self::Unreachable { address, error } => {
                evidence.attempt = Some(Attempt { address: Some(*address), ..Attempt::at(Stage::Tcp) });
                evidence.errno = error.errno;
                evidence.detail = written(&error.words);
            }
            Self::LocalResources { short_of, errno } => {
                evidence.short_of = Some(*short_of);
                evidence.errno = *errno;
            }
            Self::Certificate { fault, detail } => {
                evidence.own_certificate = Some(CertificateFault::clone(fault));
                evidence.detail = written(detail);
            }
            Self::NotConfigured { service } => evidence.service = Some(service.clone()),
            Self::Proxy { tunnel, why } => {
                evidence = Evidence { cause: evidence.cause, layer: evidence.layer, ..why.evidence() };
                if let Some(attempt) = evidence.attempt.as_mut().filter(|attempt| attempt.stage == Stage::Upgrade) {
                    attempt.stage = Stage::Proxy;
                }
                evidence.tunnel = Some(Tunnel::clone(tunnel));
            }
            Self::Timeout { stage, after } => {
                evidence.attempt = Some(Attempt::at(*stage));
                evidence.after_ms = ms(*after);
            }
            Self::Tls { fault, detail } => {
                evidence.attempt = Some(Attempt::at(Stage::Tls));
                evidence.tls = Some(TlsFault::clone(fault));
                evidence.detail = written(detail);
            }
            Self::Http(answer) => {
                evidence.attempt = Some(Attempt::at(Stage::Upgrade));
                evidence.http = Some(HttpAnswer::clone(answer));
            }
            Self::Token { fault, .. } => evidence.token = Some(TokenFault::clone(fault)),
            Self::Subprotocol(fault) => {
                evidence.attempt = Some(Attempt::at(Stage::Upgrade));
                evidence.subprotocol = Some(*fault);
            }
            Self::Opening { fault, ended, after } => {
                evidence = Evidence { cause: evidence.cause, layer: evidence.layer, ..seen_of(ended.as_deref()) };
                evidence.attempt = Some(Attempt::at(Stage::Opening));
                evidence.opening = Some(OpeningFault::clone(fault));
                evidence.after_ms = if ended.is_none() { ms(*after) } else { None };
            }
            Self::HungUp { stage, errno } => {
                evidence.attempt = Some(Attempt::at(*stage));
                evidence.errno = *errno;
            }
            Self::InvalidHandshake { detail } => {
                evidence.attempt = Some(Attempt::at(Stage::Upgrade));
                evidence.detail = written(detail);
            }
            Self::Protocol { detail } | Self::Options { detail } => evidence.detail = written(detail),
            Self::Lost { errno } => evidence.errno = *errno,
            Self::Closed { code, reason } => {
                evidence.close = Some(CloseFrame { code: *code, reason: reason.clone() });
            }
            Self::TooBig { size, most } => evidence.protocol = Some(ProtocolFault::TooBig { size: *size, most: *most }),
            Self::InvalidText => evidence.protocol = Some(ProtocolFault::InvalidText),
            Self::PingFlood { most } => evidence.protocol = Some(ProtocolFault::PingFlood { most: *most }),
            Self::PongTimeout { after } | Self::HeartbeatTimeout { after } | Self::Silent { after } => {
                evidence.after_ms = ms(*after);
            }
            Self::Internal => {}
        }
        evidence
    }
}

/// What was seen of the end of a connection, if it ended.
fn seen_of(ended: Option<&Failure>) -> Evidence {
    ended.map(Failure::evidence).unwrap_or_default()
}

fn written(text: &PeerText) -> Option<PeerText> {
    Some(text).filter(|text| !text.is_empty()).cloned()
}

fn ms(time: Duration) -> Option<u64> {
    Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
