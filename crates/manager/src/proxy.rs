//! The HTTP proxy through which a service is reached.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use url::{Host, Url};
use wsmon_model::{InvalidReference, Secret, SecretReference};

use super::secrets::Secrets;

/// An HTTP proxy that opens tunnels (RFC 9110 section 9.3.6). It is shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    sign_in: Option<SignIn>,
}

#[derive(Clone, PartialEq, Eq)]
struct SignIn {
    user: String,
    /// Itself, or a reference to it.
    password: Secret,
}

/// Why a text names no proxy. None of the sentences repeats the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// Not a URL.
    #[error("it is not a URL such as http://proxy.example:3128 ({0})")]
    Url(url::ParseError),
    /// Not http.
    #[error("it does not begin with http://, and proxies that speak TLS or SOCKS themselves are not supported")]
    Scheme,
    /// More than a place.
    #[error("something stands behind its port: it is http://host:port, or http://user:password@host:port")]
    Rest,
    /// User and password that cannot be sent.
    #[error(
        "its user and password cannot be sent: a user without a colon, a colon, and a password, without control characters"
    )]
    SignIn,
    /// A password that begins as a reference and is none.
    #[error("the reference to its password cannot be used: {0}")]
    Reference(InvalidReference),
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    /// Reads `http://[user:password@]host:port`, in which user and password are percent-encoded where they have to be
    /// (RFC 3986 section 3.2.1). The password can be `file:NAME` or `env:WSMON_SECRET_…`.
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let url = Url::parse(text).map_err(InvalidProxy::Url)?;
        if url.scheme() != "http" {
            return Err(InvalidProxy::Scheme);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidProxy::Rest);
        }
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            host => host.map(|host| host.to_string()).unwrap_or_default(),
        };
        let port = url.port_or_known_default().unwrap_or_default();
        let sign_in = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(SignIn::new(user, password.unwrap_or_default())?),
        };
        Ok(Self { host, port, sign_in })
    }
}

impl SignIn {
    /// User and password as they stand in a URL.
    fn new(user: &str, password: &str) -> Result<Self, InvalidProxy> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
        let (Ok(user), Ok(password)) = (decoded(user), decoded(password)) else { return Err(InvalidProxy::SignIn) };
        if user.is_empty() || user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
            return Err(InvalidProxy::SignIn);
        }
        SecretReference::of(&password).map_err(InvalidProxy::Reference)?;
        Ok(Self { user, password: Secret::new(password) })
    }
}

impl Proxy {
    /// The host, without the brackets of an IPv6 address.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The port, 80 if none is given.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is sent a user and password.
    pub(super) fn signs_in(&self) -> bool {
        self.sign_in.is_some()
    }

    /// Where its password is kept, if not in the configuration itself.
    pub(super) fn reference(&self) -> Option<SecretReference> {
        self.sign_in.as_ref()?.password.reference()
    }

    /// The value of `Proxy-Authorization` (RFC 7617 section 2), if there is one. What of it is secret is added to the
    /// secrets.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy::SignIn`] for a password with control characters, which only one can have that was referred to.
    pub(super) fn authorization(&self, secrets: &mut Secrets) -> Result<Option<String>, InvalidProxy> {
        let Some(SignIn { user, password }) = &self.sign_in else { return Ok(None) };
        let password = secrets.resolve(password);
        if password.expose().chars().any(char::is_control) {
            return Err(InvalidProxy::SignIn);
        }
        let pair = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
        let value = format!("Basic {pair}");
        secrets.add([password, Secret::new(pair)]);
        Ok(Some(value))
    }
}

/// `host:port`, as it may be shown.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&authority(&self.host, self.port))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `host:port` as a request for a tunnel has it (RFC 9112 section 3.2.3), an IPv6 address in brackets.
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> Proxy {
        text.parse().expect(text)
    }

    fn authorization(text: &str) -> Option<String> {
        proxy(text).authorization(&mut Secrets::default()).expect("valid")
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_shown_without_its_password() {
        for (text, shown) in [
            ("http://proxy.example:3128", "proxy.example:3128"),
            ("http://Proxy.Example:3128/", "proxy.example:3128"),
            ("http://proxy.example", "proxy.example:80"),
            ("http://192.0.2.1:8080", "192.0.2.1:8080"),
            ("http://[2001:db8::1]:3128", "[2001:db8::1]:3128"),
            ("http://ann:s3cret@proxy.example:3128", "proxy.example:3128"),
        ] {
            assert_eq!((proxy(text).to_string(), format!("{:?}", proxy(text))), (shown.to_owned(), shown.to_owned()));
        }
        assert_eq!(proxy("http://[2001:db8::1]:3128").host(), "2001:db8::1");
    }

    #[test]
    fn user_and_password_are_sent_as_the_standard_has_it() {
        // The example of RFC 7617 section 2.
        let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        assert_eq!(authorization("http://Aladdin:open%20sesame@proxy.example:3128"), expected);
        assert_eq!(authorization("http://ann@p:1"), Some(format!("Basic {}", BASE64_STANDARD.encode("ann:"))));
        assert_eq!(
            authorization("http://a%40b:c%3Ad@p:1"),
            Some(format!("Basic {}", BASE64_STANDARD.encode("a@b:c:d")))
        );
        assert_eq!(authorization("http://p:1"), None);
        let mut secrets = Secrets::default();
        proxy("http://ann:passw0rd@p:1").authorization(&mut secrets).expect("valid");
        assert_eq!(secrets.mask("no passw0rd, YW5uOnBhc3N3MHJk"), "no ••••••, ••••••");
    }

    #[test]
    fn the_password_can_be_kept_elsewhere() {
        let reference = |text: &str| proxy(text).reference().map(|reference| reference.to_string());
        assert_eq!(reference("http://ann:file:proxy-password@p:1"), Some("file:proxy-password".to_owned()));
        assert_eq!(reference("http://ann:env%3AWSMON_SECRET_P@p:1"), Some("env:WSMON_SECRET_P".to_owned()));
        assert_eq!(reference("http://ann:word@p:1"), None);
    }

    #[test]
    fn what_names_no_proxy_is_refused_without_being_repeated() {
        for (text, told) in [
            ("proxy.example", "it is not a URL such as"),
            ("s3cret:3128", "it does not begin with http://"),
            ("https://s3cret:3128", "proxies that speak TLS or SOCKS themselves are not supported"),
            ("socks5://s3cret:1080", "proxies that speak TLS or SOCKS themselves are not supported"),
            ("http://p:1/s3cret", "something stands behind its port"),
            ("http://p:1?s3cret", "something stands behind its port"),
            ("http://:s3cret@p:1", "its user and password cannot be sent"),
            ("http://a%3Ab:s3cret@p:1", "its user and password cannot be sent"),
            ("http://a:s3cret%0Ab@p:1", "its user and password cannot be sent"),
            ("http://a:s3cret%ff@p:1", "its user and password cannot be sent"),
            ("http://a:env:S3CRET@p:1", "the reference to its password cannot be used"),
            ("http://a:file:@p:1", "the reference to its password cannot be used"),
        ] {
            let error = text.parse::<Proxy>().expect_err(text).to_string();
            assert!(error.contains(told) && !error.to_lowercase().contains("s3cret"), "{text}: {error}");
        }
    }
}
