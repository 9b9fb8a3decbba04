//! A connection's options, checked and made ready for use.

use std::{fmt, sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};

use super::{frame, policy::Rules};
use wsmon_model::{ConnectionOptions, Limits, Secret};

/// Fields that the handshake itself sets (RFC 6455 section 4.1), or that say how a request's body is
/// framed.
const RESERVED: [&str; 10] = [
    "host",
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "authorization",
];

/// The least time between two pings, and for a pong.
const SHORTEST: Duration = Duration::from_millis(100);

/// The largest limit that can be set on memory, in bytes.
const LARGEST: u32 = 64 * 1024 * 1024;

/// The smallest.
const SMALLEST: u32 = 1024;

/// Why options cannot be used. Each displays as a sentence for the person who gave them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOptions {
    /// Not a header name, or one that the handshake sets.
    #[error("“{0}” cannot be used as a header: it is not a header's name, or it is set by the connection itself.")]
    HeaderName(String),
    /// A line break or another control character in a header's value or the token.
    #[error("The value of {0} has a character that cannot be sent in a header.")]
    HeaderValue(String),
    /// Not a token.
    #[error("“{0}” is not a subprotocol's name: letters, digits and !#$%&'*+-.^_`|~ are allowed.")]
    Subprotocol(String),
    /// A time that is too short.
    #[error("Pings, pongs and the longest silence need at least {} ms.", SHORTEST.as_millis())]
    TooShort,
    /// A limit outside the range.
    #[error("Limits on memory lie between {SMALLEST} and {LARGEST} bytes.")]
    Limit,
}

/// Options that were kept and cannot be used.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    /// As they are kept, secrets included.
    pub(super) kept: String,
    /// Why they cannot be used, as a clause.
    pub(super) why: String,
}

/// A connection's options, checked and made ready for use. The default is what a plain feed needs.
#[derive(Clone, Default)]
pub struct CheckedOptions {
    given: ConnectionOptions,
    /// `given` with its service's defaults, where there are any.
    in_force: Option<Arc<ConnectionOptions>>,
    headers: HeaderMap,
    /// Set when these were kept and cannot be used: then `given` is what could be read of them.
    pub(super) unusable: Option<Unusable>,
}

impl CheckedOptions {
    /// Checks options.
    ///
    /// # Errors
    ///
    /// Any [`InvalidOptions`].
    pub fn new(given: ConnectionOptions) -> Result<Self, InvalidOptions> {
        let times = [given.ping_interval_ms, given.pong_timeout_ms, given.max_silence_ms];
        if times.into_iter().flatten().any(|ms| u128::from(ms) < SHORTEST.as_millis()) {
            return Err(InvalidOptions::TooShort);
        }
        let Limits { read_buffer, write_buffer, frame, message } = given.limits;
        let limits = [read_buffer, write_buffer, frame, message];
        if limits.into_iter().flatten().any(|limit| !(SMALLEST..=LARGEST).contains(&limit)) {
            return Err(InvalidOptions::Limit);
        }
        let headers = headers(&given)?;
        Ok(Self { headers, ..Self::unchecked(given) })
    }

    /// Options without what is made of them for use.
    pub(super) fn unchecked(given: ConnectionOptions) -> Self {
        Self { given, in_force: None, headers: HeaderMap::new(), unusable: None }
    }

    /// The options as they were given, secrets included.
    pub fn given(&self) -> &ConnectionOptions {
        &self.given
    }

    /// The same, with a service's defaults where they say nothing.
    pub(super) fn over(self, defaults: &ConnectionOptions) -> Self {
        if self.unusable.is_some() || *defaults == ConnectionOptions::default() {
            return self;
        }
        let merged = self.given.over(defaults);
        match headers(&merged) {
            Ok(headers) => Self { headers, in_force: Some(Arc::new(merged)), ..self },
            // Each of the two was checked by itself, and a header is valid wherever it stands.
            Err(_) => self,
        }
    }

    /// The options that hold: the given ones, and the service's defaults where those say nothing.
    pub(super) fn in_force(&self) -> &ConnectionOptions {
        self.in_force.as_deref().unwrap_or(&self.given)
    }

    /// The fields that are added to the upgrade request.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What is added to the URL's query.
    pub(super) fn query(&self) -> Option<&str> {
        self.in_force().query.as_ref().map(Secret::expose).filter(|query| !query.is_empty())
    }

    /// The file of certificates to trust.
    pub(super) fn ca_file(&self) -> Option<&str> {
        self.in_force().ca_file.as_deref()
    }

    /// When trying again cannot help.
    pub(super) fn rules(&self) -> Rules<'_> {
        let options = self.in_force();
        Rules { never_retry: &options.never_retry, stay_closed: options.stay_closed }
    }

    /// How long the connection may bring no message before it counts as silent.
    pub(super) fn max_silence(&self) -> Option<Duration> {
        self.in_force().max_silence_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    /// The subprotocols that are asked for.
    pub(super) fn subprotocols(&self) -> &[String] {
        &self.in_force().subprotocols
    }

    /// The most that a peer may send.
    pub(super) fn limits(&self) -> frame::Limits {
        let Limits { frame, message, .. } = self.in_force().limits;
        frame::Limits { frame: or(frame, 256 * 1024), message: or(message, 1024 * 1024) }
    }

    /// The most that is read at once, in bytes.
    pub(super) fn read_at_once(&self) -> usize {
        or(self.in_force().limits.read_buffer, 64 * 1024)
    }

    /// The longest message that can be sent, in bytes, with its header.
    pub(super) fn longest_sent(&self) -> usize {
        or(self.in_force().limits.write_buffer, 256 * 1024)
    }
}

impl fmt::Debug for CheckedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.given.fmt(f)
    }
}

impl PartialEq for CheckedOptions {
    fn eq(&self, other: &Self) -> bool {
        (&self.given, &self.in_force, &self.unusable) == (&other.given, &other.in_force, &other.unusable)
    }
}

impl Eq for CheckedOptions {}

fn or(limit: Option<u32>, default: usize) -> usize {
    limit.map_or(default, |limit| limit as usize)
}

fn headers(given: &ConnectionOptions) -> Result<HeaderMap, InvalidOptions> {
    let sensitive = |name: &str, text: &str| {
        let mut value = HeaderValue::from_str(text).map_err(|_| InvalidOptions::HeaderValue(name.to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    };
    let mut headers = HeaderMap::new();
    for header in &given.headers {
        let name = header.name.parse::<HeaderName>().ok().filter(|name| !RESERVED.contains(&name.as_str()));
        let name = name.ok_or_else(|| InvalidOptions::HeaderName(header.name.clone()))?;
        headers.append(name, sensitive(&header.name, header.value.expose())?);
    }
    if let Some(token) = &given.bearer_token {
        headers.insert(AUTHORIZATION, sensitive("the bearer token", &format!("Bearer {}", token.expose()))?);
    }
    // A subprotocol is a token (RFC 6455 section 4.1), as a method's name is.
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
    if let Some(wrong) = given.subprotocols.iter().find(|name| !is_token(name)) {
        return Err(InvalidOptions::Subprotocol(wrong.clone()));
    }
    if !given.subprotocols.is_empty() {
        let list = given.subprotocols.join(", ");
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(&list).expect("tokens are fit for a header"));
    }
    Ok(headers)
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::Header;

    fn header(name: &str, value: &str) -> ConnectionOptions {
        let header = Header { name: name.to_owned(), value: Secret::new(value) };
        ConnectionOptions { headers: vec![header], ..ConnectionOptions::default() }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_in_a_sentence() {
        for (name, value) in [("Sec-WebSocket-Key", "x"), ("host", "x"), ("two words", "x"), ("", "x"), ("X", "a\nb")] {
            assert!(CheckedOptions::new(header(name, value)).is_err(), "{name}: {value}");
        }
        let given = ConnectionOptions { subprotocols: vec!["a b".to_owned()], ..ConnectionOptions::default() };
        assert_eq!(CheckedOptions::new(given), Err(InvalidOptions::Subprotocol("a b".to_owned())));
        let given = ConnectionOptions { bearer_token: Some(Secret::new("a\r\nb")), ..ConnectionOptions::default() };
        let error = CheckedOptions::new(given).expect_err("a line break").to_string();
        assert_eq!(error, "The value of the bearer token has a character that cannot be sent in a header.");
    }

    #[test]
    fn limits_and_times_have_bounds() {
        let limits = Limits { frame: Some(0), ..Limits::default() };
        let given = ConnectionOptions { limits, ..ConnectionOptions::default() };
        assert_eq!(CheckedOptions::new(given), Err(InvalidOptions::Limit));
        let given = ConnectionOptions { ping_interval_ms: Some(1), ..ConnectionOptions::default() };
        assert_eq!(CheckedOptions::new(given), Err(InvalidOptions::TooShort));
    }

    #[test]
    fn secrets_are_not_printed() {
        let options = CheckedOptions::new(ConnectionOptions {
            bearer_token: Some(Secret::new("t0ken")),
            ..header("X-Key", "k3y")
        });
        let options = options.expect("valid");
        let shown = format!("{options:?} {:?}", options.headers());
        assert!(!shown.contains("t0ken") && !shown.contains("k3y"), "{shown}");
    }
}
