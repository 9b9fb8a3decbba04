//! By which names the server may be called.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::server::state::AppState;

/// Refuses requests for a host that is not ours.
///
/// A site can give its own name our address, and then its page's requests to us are to its own
/// origin ("DNS rebinding"). They still carry its name. So an address will do, `localhost`, and the
/// name in the public URL, and no other.
pub(super) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let asked = request.uri().authority().map(Authority::as_str).or(header).unwrap_or_default();
    let public = state.public_url.as_ref().and_then(|url| url.host_str());
    if is_ours(asked, public) {
        return next.run(request).await;
    }
    let text = "This server does not go by that name. Start it with --public-url if it should.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// Whether a host is an address, `localhost`, or the name in the public URL.
pub(super) fn is_ours(asked: &str, public: Option<&str>) -> bool {
    let Some(name) = name(asked) else { return false };
    address(&name).is_some() || name == "localhost" || public.is_some_and(|public| public.eq_ignore_ascii_case(&name))
}

/// Whether a host is this machine, which browsers trust as they trust https.
pub(super) fn is_loopback(host: &str) -> bool {
    let Some(name) = name(host) else { return false };
    name == "localhost" || address(&name).is_some_and(|address| address.is_loopback())
}

fn name(host: &str) -> Option<String> {
    Some(host.parse::<Authority>().ok()?.host().to_ascii_lowercase())
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_name_of_ours() {
        for host in ["127.0.0.1:3000", "192.0.2.7", "[::1]:3000", "localhost:3000", "LOCALHOST", "Monitor.example:443"]
        {
            assert!(is_ours(host, Some("monitor.example")), "{host}");
        }
        for host in [
            "evil.example",
            "monitor.example.evil.example",
            "localhost.evil.example:3000",
            "",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_ours(host, Some("monitor.example")), "{host}");
        }
        assert!(!is_ours("monitor.example", None));
    }

    #[test]
    fn loopback_is_what_browsers_trust() {
        assert!(is_loopback("localhost:3000") && is_loopback("127.0.0.1:3000") && is_loopback("[::1]:3000"));
        assert!(!is_loopback("192.0.2.7:3000") && !is_loopback("monitor.example"));
    }
}
