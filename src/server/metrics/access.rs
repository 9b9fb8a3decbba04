//! Who may scrape.

use std::net::IpAddr;

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, FORWARDED, HOST, VIA, WWW_AUTHENTICATE},
        uri::Authority,
    },
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::server::state::AppState;

/// What a scraper is answered that may not scrape: one without the token, or where there is none, one
/// that is not on this machine.
pub(super) fn refusal(state: &AppState, client: IpAddr, headers: &HeaderMap) -> Option<Response> {
    let text = match &state.metrics.token {
        Some(token) if has_token(headers, token) => return None,
        Some(_) => {
            let challenge = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
            return Some((StatusCode::UNAUTHORIZED, challenge, "The metrics need a bearer token.\n").into_response());
        }
        None if state.public_url.is_some() => "With a public URL the metrics need WSMON_METRICS_TOKEN to be set.\n",
        None if is_direct(client, headers) => return None,
        None => {
            "Without WSMON_METRICS_TOKEN the metrics are for clients on this machine only, and not through a proxy.\n"
        }
    };
    Some((StatusCode::FORBIDDEN, text).into_response())
}

/// Compared by hash, so that the time it takes tells nothing of the token.
fn has_token(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.is_some_and(|(_, given)| Sha256::digest(given) == Sha256::digest(token.expose_secret()))
}

/// Whether a client on this machine asks, and for itself. A proxy on this machine asks for others,
/// and nearly every one says so, or passes on a name that is not this machine's own.
fn is_direct(client: IpAddr, headers: &HeaderMap) -> bool {
    let is_passed_on = |name: &str| {
        name == FORWARDED.as_str() || name == VIA.as_str() || name == "x-real-ip" || name.starts_with("x-forwarded-")
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    client.to_canonical().is_loopback()
        && !headers.keys().any(|name| is_passed_on(name.as_str()))
        && host.is_none_or(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
