//! The request for an upgrade. Pure.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    HeaderMap, HeaderName,
    header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL, USER_AGENT},
};
use url::{Position, Url};

/// What we say that we are.
pub(super) const AGENT: &str = concat!("websocket-monitor/", env!("CARGO_PKG_VERSION"));

/// A request for an upgrade (RFC 6455 section 4.1).
pub(super) struct Request {
    /// Its head, which is all there is of it.
    pub(super) head: Vec<u8>,
    /// Its `Sec-WebSocket-Key`.
    pub(super) key: String,
}

impl Request {
    /// A request with these fields besides, and a nonce that has been drawn for it.
    pub(super) fn new(url: &Url, fields: &HeaderMap, nonce: [u8; 16]) -> Self {
        let key = BASE64_STANDARD.encode(nonce);
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let mut head = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        )
        .into_bytes();
        if !fields.contains_key(USER_AGENT) {
            head.extend_from_slice(format!("user-agent: {AGENT}\r\n").as_bytes());
        }
        for (name, value) in fields {
            head.extend_from_slice(as_written(name).as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        Self { head, key }
    }
}

/// A field's name; some servers know these only as the standard writes them.
fn as_written(name: &HeaderName) -> &str {
    match *name {
        ORIGIN => "Origin",
        SEC_WEBSOCKET_PROTOCOL => "Sec-WebSocket-Protocol",
        _ => name.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn request(url: &str, fields: &[(HeaderName, &'static str)]) -> String {
        let fields = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let request = Request::new(&url.parse().expect("a URL"), &fields, *b"the sample nonce");
        assert_eq!(request.key, "dGhlIHNhbXBsZSBub25jZQ==");
        String::from_utf8(request.head).expect("text")
    }

    #[test]
    fn a_request_has_what_the_standard_asks_for() {
        let agent = format!("user-agent: {AGENT}\r\n");
        assert_eq!(
            request("ws://example.com/ws/data-feed?key=7#part", &[]),
            format!(
                "GET /ws/data-feed?key=7 HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{agent}\r\n"
            )
        );
    }

    #[test]
    fn the_host_has_a_port_unless_it_is_the_schemes_own() {
        for (url, host) in [
            ("ws://user:word@Example.com:80/", "example.com"),
            ("wss://example.com:443/", "example.com"),
            ("wss://example.com:80/", "example.com:80"),
            ("ws://[2001:db8::1]:8000/", "[2001:db8::1]:8000"),
        ] {
            let request = request(url, &[]);
            assert!(request.contains(&format!("\r\nHost: {host}\r\n")), "{request}");
        }
    }

    #[test]
    fn fields_of_the_options_are_added() {
        let fields = [(USER_AGENT, "own"), (ORIGIN, "https://example.com"), (SEC_WEBSOCKET_PROTOCOL, "a, b")];
        let request = request("ws://example.com/", &fields);
        assert!(!request.contains(AGENT), "{request}");
        assert!(
            request.ends_with("user-agent: own\r\nOrigin: https://example.com\r\nSec-WebSocket-Protocol: a, b\r\n\r\n")
        );
    }
}
