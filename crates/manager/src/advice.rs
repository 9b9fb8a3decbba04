//! The words of [`Failure`](super::failure::Failure)'s sentences: what happened, and what to do.

use std::time::Duration;

use tokio_tungstenite::tungstenite::{error::SubProtocolError, http::StatusCode};

use super::stage::{NameError, Stage};
use wsmon_model::PeerText;

pub(super) fn subprotocol_words(error: &SubProtocolError) -> &'static str {
    match error {
        SubProtocolError::ServerSentSubProtocolNoneRequested => "the server chose one although none was asked for",
        SubProtocolError::InvalidSubProtocol => "the server chose one that was not asked for",
        SubProtocolError::NoSubProtocol => "the server took none of those asked for",
    }
}

/// Beyond this the number of seconds says nothing to people.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What is wrong with a host name, and what to look at.
pub(super) fn unresolved(host: &str, why: &NameError) -> String {
    match why {
        NameError::NotFound => {
            format!("There is no host named {host}, or it has no address. Check the base URL.")
        }
        NameError::NoAnswer => format!(
            "No name server gave an answer for {host}. Check the name server that the monitor's machine asks \
             (/etc/resolv.conf), and the way there."
        ),
        NameError::Other { detail } => {
            format!("The host name {host} cannot be resolved: {detail}. Check the base URL and the name server.")
        }
    }
}

pub(super) fn asked_to_wait(retry_after: Option<Duration>) -> String {
    match retry_after {
        None => String::new(),
        Some(wait) if wait > YEAR => " It asks to wait for more than a year.".to_owned(),
        Some(wait) => format!(" It asks to wait {} s.", wait.as_secs()),
    }
}

pub(super) fn late(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "No name server gave an answer",
        Stage::Connect => "The server did not accept a TCP connection",
        Stage::Tls => "The server accepted the connection but did not finish the TLS handshake",
        Stage::Upgrade => "The server accepted the connection but did not answer the WebSocket upgrade",
    }
}

/// What the server did not do because it hung up, and what to look at.
pub(super) fn hung_up(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve | Stage::Connect => "before the TCP connection was open.",
        Stage::Tls => {
            "in the middle of the TLS handshake. Check that the base URL's port is one for wss, and what the server or a \
             proxy in front of it logs about TLS."
        }
        Stage::Upgrade => {
            "instead of answering the WebSocket upgrade. Check the endpoint's name, and the subprotocols and headers in \
             the connection's options."
        }
    }
}

pub(super) fn reason(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map(|reason| format!(" {reason}")).unwrap_or_default()
}

pub(super) fn http_advice(status: u16) -> &'static str {
    match status {
        300..=399 => " It points elsewhere; set the base URL to where the service really is.",
        400 => " It found the request malformed.",
        401 => " It asks for credentials.",
        403 => " Check that this client and its credentials are allowed in.",
        404 => " Check the endpoint's name and the base URL's path.",
        426 => " It asks for another protocol or version.",
        429 => " It is limiting how often we ask.",
        500..=599 => " The fault is on its side, or on a proxy's in front of it.",
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

pub(super) fn close_advice(code: Option<u16>) -> &'static str {
    match code {
        Some(1008 | 3000 | 3003) => " Check the credentials and what this client may do.",
        Some(1002 | 1003 | 1007 | 1009 | 1010) => " Client and server disagree; connecting again will not help.",
        Some(1005 | 1006 | 1015) => " RFC 6455 forbids to send this code; the fault is the server's.",
        Some(0..=999 | 1004 | 1016..=2999 | 5000..) => {
            " RFC 6455 gives this code no meaning; the fault is the server's."
        }
        Some(3500..=3999 | 4500..=4999) => " The service asks not to be tried again.",
        _ => "",
    }
}
