//! What the options add to the upgrade request: its fields, and what in them is secret.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};

use super::{invalid_options::InvalidOptions, secrets::Secrets};
use wsmon_model::{ConnectionOptions, Secret, SecretReference};

/// Fields that the handshake itself sets (RFC 6455 section 4.1), or that say how a request's body is framed.
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

/// The secrets that options have, and the fields of the form that they stand in.
pub(super) fn secrets_of(options: &ConnectionOptions) -> impl Iterator<Item = (&'static str, &Secret)> {
    let headers = options.headers.iter().map(|header| ("headers", &header.value));
    let others =
        [("bearer_token", &options.bearer_token), ("basic_auth", &options.basic_auth), ("query", &options.query)];
    headers.chain(others.into_iter().filter_map(|(field, secret)| Some((field, secret.as_ref()?))))
}

/// Checks what stands in the options themselves; what they refer to is not known yet.
pub(super) fn check(options: &ConnectionOptions) -> Result<(), InvalidOptions> {
    for (field, secret) in secrets_of(options) {
        SecretReference::of(secret.expose()).map_err(|why| InvalidOptions::Reference { field, why })?;
    }
    if options.bearer_token.is_some() && options.basic_auth.is_some() {
        return Err(InvalidOptions::TwoSignIns);
    }
    fields(options, |secret| Some(secret.clone()).filter(|secret| secret.reference().is_none())).map(drop)
}

/// The fields that are sent, with the secrets that the options refer to. What of it is secret is added to the secrets.
pub(super) fn resolved(options: &ConnectionOptions, secrets: &mut Secrets) -> Result<HeaderMap, InvalidOptions> {
    let fields = fields(options, |secret| Some(secrets.resolve(secret)))?;
    let sent: Vec<_> = secrets_of(options).map(|(field, secret)| (field, secrets.resolve(secret))).collect();
    for (field, secret) in sent {
        match field {
            "basic_auth" => {
                let password = secret.expose().split_once(':').map(|(_, password)| Secret::new(password));
                secrets.add([Secret::new(BASE64_STANDARD.encode(secret.expose()))].into_iter().chain(password));
                secrets.add([secret]);
            }
            // Some of its parameters are none.
            "query" => secrets.add_query(secret.expose()),
            "headers" => secrets.add_header(&secret),
            _ => secrets.add([secret]),
        }
    }
    Ok(fields)
}

/// Whether options sign in by themselves.
pub(super) fn sign_in(options: &ConnectionOptions) -> bool {
    options.bearer_token.is_some() || options.basic_auth.is_some()
}

/// Signs in with a bearer token (RFC 6750 section 2.1).
pub(super) fn add_bearer(fields: &mut HeaderMap, token: &Secret) -> Result<(), InvalidOptions> {
    let value = format!("Bearer {}", token.expose());
    fields.insert(AUTHORIZATION, sensitive("bearer_token", "the bearer token", &value)?);
    Ok(())
}

/// The fields with the values that are known.
fn fields(options: &ConnectionOptions, known: impl Fn(&Secret) -> Option<Secret>) -> Result<HeaderMap, InvalidOptions> {
    let mut headers = HeaderMap::new();
    for header in &options.headers {
        let name = header.name.parse::<HeaderName>().ok().filter(|name| !RESERVED.contains(&name.as_str()));
        let name = name.ok_or_else(|| InvalidOptions::HeaderName(header.name.clone()))?;
        if let Some(value) = known(&header.value) {
            headers.append(name, sensitive("headers", &header.name, value.expose())?);
        }
    }
    if let Some(token) = options.bearer_token.as_ref().and_then(&known) {
        add_bearer(&mut headers, &token)?;
    } else if let Some(pair) = options.basic_auth.as_ref().and_then(&known) {
        headers.insert(AUTHORIZATION, basic(pair.expose())?);
    }
    // A subprotocol is a token (RFC 6455 section 4.1), as a method's name is.
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
    if let Some(wrong) = options.subprotocols.iter().find(|name| !is_token(name)) {
        return Err(InvalidOptions::Subprotocol(wrong.clone()));
    }
    if !options.subprotocols.is_empty() {
        let list = options.subprotocols.join(", ");
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(&list).expect("tokens are fit for a header"));
    }
    Ok(headers)
}

/// RFC 7617 section 2.
fn basic(pair: &str) -> Result<HeaderValue, InvalidOptions> {
    let (user, _) = pair.split_once(':').ok_or(InvalidOptions::BasicAuth)?;
    if user.is_empty() || pair.chars().any(char::is_control) {
        return Err(InvalidOptions::BasicAuth);
    }
    sensitive("basic_auth", "basic authentication", &format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

fn sensitive(field: &'static str, name: &str, text: &str) -> Result<HeaderValue, InvalidOptions> {
    let invalid = |_| InvalidOptions::HeaderValue { field, name: name.to_owned() };
    let mut value = HeaderValue::from_str(text).map_err(invalid)?;
    value.set_sensitive(true);
    Ok(value)
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

    fn basic_auth(pair: &str) -> ConnectionOptions {
        ConnectionOptions { basic_auth: Some(Secret::new(pair)), ..ConnectionOptions::default() }
    }

    fn refused(options: &ConnectionOptions) -> InvalidOptions {
        check(options).expect_err("refused")
    }

    #[test]
    fn what_cannot_be_sent_is_refused_in_a_sentence() {
        for (name, value) in [("Sec-WebSocket-Key", "x"), ("host", "x"), ("two words", "x"), ("", "x"), ("X", "a\nb")] {
            assert_eq!(refused(&header(name, value)).field(), Some("headers"), "{name}: {value}");
        }
        let given = ConnectionOptions { subprotocols: vec!["a b".to_owned()], ..ConnectionOptions::default() };
        assert_eq!(refused(&given), InvalidOptions::Subprotocol("a b".to_owned()));
        let given = ConnectionOptions { bearer_token: Some(Secret::new("a\r\nb")), ..ConnectionOptions::default() };
        let error = refused(&given);
        assert_eq!(error.to_string(), "The value of the bearer token has a character that cannot be sent in a header.");
        assert_eq!(error.field(), Some("bearer_token"));
    }

    #[test]
    fn basic_authentication_is_sent_as_the_standard_has_it() {
        let mut secrets = Secrets::default();
        // The example of RFC 7617 section 2.
        let fields = resolved(&basic_auth("Aladdin:open sesame"), &mut secrets).expect("valid");
        assert_eq!(fields[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(secrets.mask("not open sesame, QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "not ••••••, ••••••");
        for pair in ["ann", ":word", "ann:a\nb"] {
            assert_eq!(refused(&basic_auth(pair)), InvalidOptions::BasicAuth, "{pair}");
        }
        let both = ConnectionOptions { bearer_token: Some(Secret::new("t0ken")), ..basic_auth("ann:word") };
        assert_eq!(refused(&both).field(), Some("basic_auth"));
    }

    #[test]
    fn a_part_of_a_header_or_a_query_is_secret_as_well() {
        let masked = |options: &ConnectionOptions, said: &str| {
            let mut secrets = Secrets::default();
            resolved(options, &mut secrets).expect("valid");
            secrets.mask(said)
        };
        assert_eq!(masked(&header("X-Key", "Token 5ecret5"), "no Token: 5ecret5"), "no Token: ••••••");
        assert_eq!(masked(&header("Cookie", "sid=5ecret5; theme=dark"), "no session 5ecret5"), "no session ••••••");
        let query = ConnectionOptions { query: Some(Secret::new("5ecret5&mode=live")), ..ConnectionOptions::default() };
        assert_eq!(masked(&query, "no such 5ecret5, live"), "no such ••••••, live");
    }

    #[test]
    fn what_begins_as_a_reference_is_one_or_is_refused() {
        assert_eq!(check(&basic_auth("file:who")), Ok(()), "what is in it is not known yet");
        for (options, field) in [
            (basic_auth("env:HOME"), "basic_auth"),
            (header("X-Key", "file:"), "headers"),
            (ConnectionOptions { query: Some(Secret::new("env:PATH")), ..ConnectionOptions::default() }, "query"),
        ] {
            let error = refused(&options);
            assert_eq!(error.field(), Some(field));
            assert!(matches!(error, InvalidOptions::Reference { .. }), "{error}");
        }
    }
}
