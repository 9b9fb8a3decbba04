//! The sentences of a failure, made from what was seen of it. Pure, so that what was kept long ago is told in the words
//! of today.

mod advice;
mod certificates;
mod local;
mod opening;
mod own_certificate;
mod proxy;
mod silence;
mod time;
mod tls;
mod token;

use wsmon_model::{
    Cause, CloseFrame, Evidence, HttpAnswer, NameFault, ProtocolFault, SubprotocolFault, UnresolvedName,
};

pub(crate) use self::certificates::{client_certificate, server_certificate};
use self::{
    advice::{
        asked_to_wait, because, close_advice, close_verdict, close_words, cut, http_advice, http_meaning, http_reason,
        late,
    },
    local::short_of,
    opening::opening_failed,
    own_certificate::unusable_certificate,
    proxy::{proxy_auth, proxy_refused, proxy_unreachable},
    time::{seconds, within},
    tls::tls_failed,
    token::no_token,
};
pub(super) use self::{
    silence::{LongestSilence, describe_silence},
    time::{lasting, moment},
};

/// What happened, and where it helps, what to do, in sentences for an operator.
///
/// Evidence that another version kept may lack what this one would have kept, so each sentence does without.
pub fn describe(evidence: &Evidence) -> String {
    let Told { happened, advice, wait } = tell(evidence);
    format!("{happened}{advice}{wait}")
}

/// What [`describe`] says, in its parts.
pub(crate) struct Told {
    pub(crate) happened: String,
    /// What to do, where that is a sentence of its own. Other sentences say it themselves.
    pub(crate) advice: &'static str,
    pub(crate) wait: String,
}

impl Told {
    fn whole(happened: String) -> Self {
        Self { happened, advice: "", wait: String::new() }
    }
}

/// What happened, what to do, and the wait that was asked for.
pub(crate) fn tell(evidence: &Evidence) -> Told {
    match evidence.cause {
        Some(Cause::HttpStatus) => refused_upgrade(evidence.http.as_ref()),
        Some(Cause::ClosedByPeer) => closed(&evidence.close.clone().unwrap_or_default()),
        _ => Told::whole(told_whole(evidence)),
    }
}

fn told_whole(evidence: &Evidence) -> String {
    let stage = evidence.attempt.map(|attempt| attempt.stage);
    match evidence.cause {
        Some(Cause::DnsFailure) => unresolved(evidence),
        Some(Cause::ConnectionRefused) => {
            format!("{} refused the connection: nothing is listening there.", address(evidence))
        }
        Some(Cause::Unreachable) => format!("{} cannot be reached{}.", address(evidence), because(evidence)),
        Some(Cause::LocalResources) => evidence.short_of.map_or_else(
            || format!("The monitor's machine lacked something for a connection{}.", because(evidence)),
            short_of,
        ),
        Some(Cause::UnusableCertificate) => unusable_certificate(evidence),
        Some(Cause::ProxyUnreachable) => proxy_unreachable(evidence),
        Some(Cause::ProxyAuth) => proxy_auth(evidence),
        Some(Cause::ProxyRefused) => proxy_refused(evidence),
        Some(Cause::HandshakeTimeout) => format!("{} {}.", late(stage), within(evidence.after_ms)),
        Some(Cause::TlsFailure) => tls_failed(evidence),
        Some(Cause::TokenRefused | Cause::TokenUnavailable) => no_token(evidence.token.as_ref()),
        Some(Cause::InvalidHandshake) => {
            format!("The server's answer is not a WebSocket handshake{}.", because(evidence))
        }
        Some(Cause::SubprotocolMismatch) => no_subprotocol(evidence),
        Some(Cause::OpeningFailed) => opening_failed(evidence),
        Some(Cause::ConnectionLost) => cut(stage, evidence.errno).to_owned(),
        Some(Cause::PongTimeout) => format!(
            "The server did not answer a ping {}, although the connection looked open.",
            within(evidence.after_ms)
        ),
        Some(Cause::HeartbeatUnanswered) => format!(
            "The service did not answer a heartbeat {} as the connection's options expect, although the connection looked \
             open. Check what it answers to the heartbeat's text.",
            within(evidence.after_ms)
        ),
        Some(Cause::ProtocolError) => broke_protocol(evidence),
        Some(Cause::Silent) => format!(
            "The connection was open but brought no message for {}, so it was closed to be opened anew.",
            evidence.after_ms.map_or_else(|| "too long".to_owned(), seconds)
        ),
        Some(Cause::InvalidOptions) => match (&evidence.detail, &evidence.tunnel) {
            (Some(detail), Some(tunnel)) => {
                format!("{detail}. Check the password of the proxy {} in the monitor's configuration.", tunnel.proxy)
            }
            (Some(detail), None) => format!("{detail}. Check the connection's options."),
            (None, _) => "The connection's options cannot be used. Check them.".to_owned(),
        },
        Some(Cause::ServiceNotConfigured) => {
            let name = evidence.service.as_ref().map(|service| format!(" “{service}”")).unwrap_or_default();
            format!("The service{name} is not configured. Configure it again, or remove the connection.")
        }
        Some(Cause::InternalError) => {
            "The monitor failed while it handled this connection. Its log says how.".to_owned()
        }
        // The first two have parts, which `tell` knows.
        Some(Cause::HttpStatus | Cause::ClosedByPeer) | None => {
            "The connection failed in a way that this version of the monitor does not know.".to_owned()
        }
    }
}

/// The address that was tried.
fn address(evidence: &Evidence) -> String {
    let address = evidence.attempt.and_then(|attempt| attempt.address);
    address.map_or_else(|| "The host".to_owned(), |address| address.to_string())
}

fn unresolved(evidence: &Evidence) -> String {
    let Some(UnresolvedName { host, fault }) = &evidence.name else {
        return "The base URL's host name cannot be resolved. Check the base URL and the name server.".to_owned();
    };
    match fault {
        Some(NameFault::NoSuchName) => {
            format!("There is no host named {host}, or it has no address. Check the base URL.")
        }
        Some(NameFault::NoAnswer) => format!(
            "No name server gave a usable answer for {host}. Check the name server that the monitor's machine asks \
             (/etc/resolv.conf), and the way there."
        ),
        Some(NameFault::Refused) => format!(
            "The name server refused to look up {host}. Check the name server that the monitor's machine asks \
             (/etc/resolv.conf), and whether it answers this machine."
        ),
        None => {
            format!(
                "The host name {host} cannot be resolved{}. Check the base URL and the name server.",
                because(evidence)
            )
        }
    }
}

fn refused_upgrade(answer: Option<&HttpAnswer>) -> Told {
    let Some(answer @ HttpAnswer { status, retry_after_s, .. }) = answer else {
        return Told::whole("The server answered with an HTTP status instead of opening a WebSocket.".to_owned());
    };
    let (reason, meaning) = (http_reason(*status), http_meaning(answer));
    Told {
        happened: format!("The server answered HTTP {status}{reason} instead of opening a WebSocket.{meaning}"),
        advice: http_advice(answer),
        wait: asked_to_wait(*retry_after_s),
    }
}

fn no_subprotocol(evidence: &Evidence) -> String {
    let fault = match evidence.subprotocol {
        Some(SubprotocolFault::NoneTaken) => ": the server took none of those asked for",
        Some(SubprotocolFault::OtherChosen) => ": the server chose one that was not asked for",
        Some(SubprotocolFault::NoneAsked) => ": the server chose one although none was asked for",
        None => "",
    };
    format!("Client and server agree on no subprotocol{fault}. Check the connection's subprotocols.")
}

fn closed(frame: &CloseFrame) -> Told {
    let (words, verdict) = (close_words(frame.code, &frame.reason), close_verdict(frame.code));
    Told {
        happened: format!("The server closed the connection{words}.{verdict}"),
        advice: close_advice(frame.code),
        wait: String::new(),
    }
}

fn broke_protocol(evidence: &Evidence) -> String {
    match evidence.protocol {
        Some(ProtocolFault::TooBig { size, most }) => format!(
            "The server sent {size} bytes at once; at most {most} are taken. Raise the limit in the connection's options \
             if that is right."
        ),
        Some(ProtocolFault::InvalidText) => {
            "The server broke the WebSocket protocol: it sent text that is not UTF-8.".to_owned()
        }
        Some(ProtocolFault::PingFlood { most }) => {
            format!("The server flooded the connection: it went on sending more than {most} pings or pongs a second.")
        }
        None => format!("The server broke the WebSocket protocol{}.", because(evidence)),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use wsmon_model::{Attempt, Certificate, Layer, PeerText, Stage, TlsFault, TlsProblem};

    fn of(cause: Cause) -> Evidence {
        Evidence { cause: Some(cause), ..Evidence::default() }
    }

    #[test]
    fn sentences_say_what_happened_and_what_to_do() {
        let status = |status| Some(HttpAnswer { status, ..HttpAnswer::default() });
        let close = |code, reason| Some(CloseFrame { code, reason: PeerText::new(reason) });
        let cases = [
            (
                Evidence { http: status(403), ..of(Cause::HttpStatus) },
                "The server answered HTTP 403 Forbidden instead of opening a WebSocket. \
                 Check the endpoint's name first: FastAPI and others answer so to a name that they do not know. Then check \
                 the credentials.",
            ),
            (
                Evidence { http: status(799), ..of(Cause::HttpStatus) },
                "The server answered HTTP 799 instead of opening a WebSocket.",
            ),
            (
                Evidence { close: close(Some(1001), "rolling\nupdate"), ..of(Cause::ClosedByPeer) },
                "The server closed the connection: 1001 going away, “rolling\u{fffd}update”.",
            ),
            (
                Evidence { close: close(None, ""), ..of(Cause::ClosedByPeer) },
                "The server closed the connection without giving a code.",
            ),
            (
                Evidence {
                    attempt: Some(Attempt::at(Stage::Upgrade)),
                    after_ms: Some(10_000),
                    ..of(Cause::HandshakeTimeout)
                },
                "The server accepted the connection but did not answer the WebSocket upgrade within 10 s.",
            ),
            (
                Evidence { after_ms: Some(500), ..of(Cause::PongTimeout) },
                "The server did not answer a ping within 0.5 s, although the connection looked open.",
            ),
        ];
        for (evidence, sentence) in cases {
            assert_eq!(describe(&evidence), sentence);
        }
    }

    #[test]
    fn a_certificate_is_told_by_its_names_issuer_and_dates() {
        let certificate = Certificate {
            names: ["a.example", "*.b.example", "c.example", "d.example"].map(PeerText::new).to_vec(),
            issuer: PeerText::new("Example CA"),
            not_before_ms: 978_307_200_000,
            not_after_ms: i64::MAX,
        };
        let cases = [
            (TlsProblem::Expired, "the server's certificate expired on 31 Dec 9999. It has to be renewed"),
            (
                TlsProblem::NotValidYet,
                "the server's certificate is not valid before 01 Jan 2001. Check the certificate",
            ),
            (
                TlsProblem::UnknownIssuer,
                "issued by an authority that is not trusted (“Example CA”). If it is the right",
            ),
            (TlsProblem::WrongName, "is for a.example, *.b.example, c.example and others, not for feed.example. Check"),
        ];
        for (problem, words) in cases {
            let fault = TlsFault {
                problem: Some(problem),
                host: PeerText::new("feed.example"),
                certificate: Some(certificate.clone()),
                ..TlsFault::default()
            };
            let sentence = describe(&Evidence { tls: Some(fault), ..of(Cause::TlsFailure) });
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn whatever_is_missing_there_is_a_sentence() {
        let causes = Cause::VARIANTS.iter().copied().map(of);
        let unknown = Evidence { layer: Some(Layer::Tcp), ..Evidence::default() };
        for evidence in causes.chain([unknown]) {
            let sentence = describe(&evidence);
            assert!(sentence.ends_with('.') && !sentence.contains("  ") && sentence.len() > 20, "{sentence}");
        }
    }
}
