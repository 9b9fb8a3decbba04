//! What stages, statuses and close codes mean, and what to do about them.

use http::StatusCode;
use rustix::io::Errno;
use wsmon_model::{Evidence, HttpAnswer, PeerText, Stage};

/// Beyond this the number of seconds says nothing to people.
const YEAR_S: u64 = 365 * 24 * 60 * 60;

/// What nginx says when it wants a client certificate, and when it does not take the one it was shown.
const NO_CERTIFICATE: &str = "No required SSL certificate was sent";
const BAD_CERTIFICATE: &str = "The SSL certificate error";

/// What engine.io answers to a request without its query.
const ENGINE_IO: &str = "Transport unknown";

/// The words of whoever knew why, as the end of a sentence.
pub(super) fn because(evidence: &Evidence) -> String {
    evidence.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default()
}

pub(super) fn asked_to_wait(retry_after_s: Option<u64>) -> String {
    match retry_after_s {
        None => String::new(),
        Some(YEAR_S..) => " It asks to wait for more than a year.".to_owned(),
        Some(wait) => format!(" It asks to wait {wait} s."),
    }
}

pub(super) fn late(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::Dns) => "No name server gave an answer",
        Some(Stage::Tcp) => "The server did not accept a TCP connection",
        Some(Stage::Proxy) => "The proxy accepted the connection but did not open a tunnel",
        Some(Stage::Tls) => "The server accepted the connection but did not finish the TLS handshake",
        Some(Stage::Upgrade) => "The server accepted the connection but did not answer the WebSocket upgrade",
        Some(Stage::Opening) => "The service did not answer the opening",
        Some(Stage::Open) | None => "The connection was not open",
    }
}

/// How a connection ended without a close frame.
pub(super) fn cut(stage: Option<Stage>, errno: Option<i32>) -> &'static str {
    // What Linux gives up an unacknowledged connection with: the timeout, or what a router said meanwhile (tcp(7)).
    let dead = [Errno::TIMEDOUT, Errno::HOSTUNREACH, Errno::NETUNREACH].map(Errno::raw_os_error);
    match stage {
        _ if errno.is_some_and(|errno| dead.contains(&errno)) => {
            "The path to the service went dead: what was sent was not acknowledged in time. Something on the way drops \
             packets, its machine is gone, or the service has stopped reading."
        }
        Some(Stage::Tls) => {
            "The server hung up in the middle of the TLS handshake. Check that the base URL's port is one for wss, and what \
             the server or a proxy in front of it logs about TLS."
        }
        Some(Stage::Upgrade) => {
            "The server hung up instead of answering the WebSocket upgrade. Check the endpoint's name, and the subprotocols \
             and headers in the connection's options."
        }
        _ => "The connection was cut without a close frame: the server or something on the way went away.",
    }
}

pub(super) fn http_reason(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map(|reason| format!(" {reason}")).unwrap_or_default()
}

/// What the status says, with the answer's own words where they are known.
pub(super) fn http_meaning(answer: &HttpAnswer) -> &'static str {
    match answer.status {
        // nginx finishes the handshake, whatever it thinks of the client's certificate.
        400 if answer.body.as_str().contains(NO_CERTIFICATE) => " It asks for a client certificate.",
        400 if answer.body.as_str().contains(BAD_CERTIFICATE) => {
            " It refused the monitor's client certificate: it is of an authority that it does not trust, has expired or was \
             revoked."
        }
        400 if answer.body.as_str().contains(ENGINE_IO) => " It speaks socket.io.",
        400 => " It found the request malformed.",
        401 => " It asks for credentials.",
        426 => " It asks for another protocol or version.",
        429 => " It is limiting how often we ask.",
        500 => " Its handler failed, or does not know the endpoint's name (Django Channels answers so).",
        501..=599 => " The fault is on its side, or on a proxy's in front of it.",
        _ => "",
    }
}

/// What to do about the status.
pub(super) fn http_advice(answer: &HttpAnswer) -> &'static str {
    match answer.status {
        400 if answer.body.as_str().contains(NO_CERTIFICATE) => {
            " Name one in the service's configuration: client-cert and client-key."
        }
        400 if answer.body.as_str().contains(BAD_CERTIFICATE) => " Its log says which.",
        400 if answer.body.as_str().contains(ENGINE_IO) => " Choose the profile socket.io in the connection's options.",
        300..=399 => " It points elsewhere; set the base URL to where the service really is.",
        // Starlette answers so to any socket that is closed before it was accepted, also for want of a route.
        403 => {
            " Check the endpoint's name first: FastAPI and others answer so to a name that they do not know. Then check the \
             credentials."
        }
        404 => " Check the endpoint's name and the base URL's path.",
        500 => " Its log says which.",
        _ => "",
    }
}

/// RFC 6455 section 7.4.1 and the IANA registry of close codes.
pub(super) fn close_meaning(code: u16) -> &'static str {
    match code {
        1000 => " normal closure",
        1001 => " going away",
        1002 => " protocol error",
        1003 => " unsupported data",
        1007 => " invalid payload",
        1008 => " policy violation",
        1009 => " message too big",
        1010 => " extension required",
        1011 => " internal error",
        1012 => " service restart",
        1013 => " try again later",
        1014 => " bad gateway",
        3000 => " unauthorized",
        3003 => " forbidden",
        3008 => " timeout",
        _ => "",
    }
}

pub(super) fn close_words(code: Option<u16>, reason: &PeerText) -> String {
    let mut words = match code {
        Some(code) => format!(": {code}{}", close_meaning(code)),
        None => " without giving a code".to_owned(),
    };
    if !reason.is_empty() {
        words.push_str(&format!(", “{reason}”"));
    }
    words
}

/// What a code says of connecting again, and whose fault it is.
pub(super) fn close_verdict(code: Option<u16>) -> &'static str {
    match code {
        Some(1002 | 1003 | 1007 | 1009 | 1010) => " Client and server disagree; connecting again will not help.",
        Some(1005 | 1006 | 1015) => " RFC 6455 forbids to send this code; the fault is the server's.",
        Some(0..=999 | 1004 | 1016..=2999 | 5000..) => {
            " RFC 6455 gives this code no meaning; the fault is the server's."
        }
        Some(3500..=3999 | 4500..=4999) => " The service asks not to be tried again.",
        _ => "",
    }
}

/// What to do about a code.
pub(super) fn close_advice(code: Option<u16>) -> &'static str {
    match code {
        Some(1008 | 3000 | 3003) => " Check the credentials and what this client may do.",
        _ => "",
    }
}
