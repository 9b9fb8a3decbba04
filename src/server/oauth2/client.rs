//! The client that the monitor is at a token service, as the configuration has it.

use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use wsmon_manager::{Connectors, Failure, TlsFiles};
use wsmon_model::{InvalidReference, Secret, SecretReference};

/// Why a client cannot be used. Each displays as a clause; nothing repeats a URL or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOAuth2 {
    /// Not a URL.
    #[error("its token-url is not a URL: {0}")]
    Url(#[from] url::ParseError),
    /// What is sent and answered could be read on the way.
    #[error(
        "its token-url has to begin with https://; http:// is for a token service on this machine alone (localhost or a loopback address)"
    )]
    Scheme,
    /// A user or a password in the URL.
    #[error("its token-url holds a user or password; client-id and client-secret are keys of their own")]
    User,
    /// A fragment (RFC 6749 section 3.2).
    #[error("its token-url has a part behind #, which a token service's URL cannot have")]
    Fragment,
    /// No client.
    #[error("its {0} is empty")]
    Empty(&'static str),
    /// A value that begins as a reference to a secret and is none.
    #[error("its {key} cannot be used: {why}")]
    Reference {
        /// The key.
        key: &'static str,
        /// Why not.
        why: InvalidReference,
    },
    /// Not words with single spaces between (RFC 6749 section 3.3).
    #[error("its scope has to be words with one space between, without quotes and backslashes")]
    Scope,
    /// Both set the same header.
    #[error("the service's options have a bearer_token or basic_auth as well; both are sent as Authorization")]
    TwoSignIns,
}

/// A client at a token service.
#[derive(Clone, Debug)]
pub struct OAuth2Client {
    pub(super) token_url: Url,
    pub(super) id: Secret,
    pub(super) secret: Secret,
    pub(super) scope: Option<String>,
    ca_file: Option<String>,
    tls: TlsFiles,
}

impl OAuth2Client {
    /// A client of the token service at a URL. Its id and secret can be references, which are read anew for each request. With a
    /// CA file, its certificates take the place of the built-in authorities.
    ///
    /// # Errors
    ///
    /// Any [`InvalidOAuth2`].
    pub fn new(
        token_url: &str,
        id: Secret,
        secret: Secret,
        scope: Option<String>,
        ca_file: Option<String>,
    ) -> Result<Self, InvalidOAuth2> {
        let token_url = checked(token_url.parse()?)?;
        for (key, value) in [("client-id", &id), ("client-secret", &secret)] {
            if value.expose().is_empty() {
                return Err(InvalidOAuth2::Empty(key));
            }
            SecretReference::of(value.expose()).map_err(|why| InvalidOAuth2::Reference { key, why })?;
        }
        if scope.as_deref().is_some_and(|scope| !scope.split(' ').all(is_scope_token)) {
            return Err(InvalidOAuth2::Scope);
        }
        Ok(Self { token_url, id, secret, scope, ca_file, tls: TlsFiles::default() })
    }

    /// The same, that trusts and shows what its service's configuration names. A CA file that was given comes first.
    #[must_use]
    pub fn with_tls(self, tls: TlsFiles) -> Self {
        Self { tls, ..self }
    }

    /// The token service's host, with its port if that is not the scheme's own.
    pub(super) fn host(&self) -> String {
        self.token_url[Position::BeforeHost..Position::AfterPort].to_owned()
    }

    /// What encrypts the way there; `None` for plain text on this machine. Files that have changed are read anew.
    pub(super) async fn connector(&self, connectors: &Connectors) -> Result<Option<TlsConnector>, Failure> {
        if self.token_url.scheme() == "http" {
            return Ok(None);
        }
        connectors.connector(self.ca_file.as_deref(), &self.tls).await.map(Some)
    }
}

fn checked(url: Url) -> Result<Url, InvalidOAuth2> {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        _ => return Err(InvalidOAuth2::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidOAuth2::User);
    }
    if url.fragment().is_some() { Err(InvalidOAuth2::Fragment) } else { Ok(url) }
}

/// RFC 6749 section 3.3.
fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::server::oauth2) fn client(
        token_url: &str,
        scope: Option<&str>,
    ) -> Result<OAuth2Client, InvalidOAuth2> {
        let secret = Secret::new("s3cret of mine/é");
        OAuth2Client::new(token_url, Secret::new("client:1"), secret, scope.map(str::to_owned), None)
    }

    #[test]
    fn what_is_sent_cannot_be_read_on_the_way() {
        for url in ["https://auth.example/token", "http://localhost:8080/", "http://127.0.0.1/", "http://[::1]:1/t?a=b"]
        {
            assert!(client(url, None).is_ok(), "{url}");
        }
        for url in [
            "http://auth.example/token",
            "http://localhost.example/",
            "http://10.0.0.1/",
            "http://[::2]/",
            "ftp://localhost/",
            "file:///etc/passwd",
            "ws://localhost/",
        ] {
            assert_eq!(client(url, None).expect_err(url), InvalidOAuth2::Scheme, "{url}");
        }
        assert_eq!(client("https://me@auth.example/", None).expect_err("a user"), InvalidOAuth2::User);
        assert_eq!(client("https://auth.example/#x", None).expect_err("a fragment"), InvalidOAuth2::Fragment);
        assert!(matches!(client("auth.example", None), Err(InvalidOAuth2::Url(_))));
    }

    #[test]
    fn its_host_is_told_as_people_know_it() {
        let host = |url| client(url, None).expect("valid").host();
        assert_eq!(host("https://auth.example:443/token"), "auth.example");
        assert_eq!(host("http://[::1]:8080/token"), "[::1]:8080");
    }

    #[test]
    fn id_secret_and_scope_are_checked() {
        let url = "https://auth.example/";
        let with = |id: &str, secret: &str| OAuth2Client::new(url, Secret::new(id), Secret::new(secret), None, None);
        assert_eq!(with("", "x").expect_err("no id"), InvalidOAuth2::Empty("client-id"));
        assert!(with("env:WSMON_SECRET_ID", "file:secret").is_ok());
        let wrong = with("x", "env:HOME").expect_err("another variable");
        assert!(matches!(wrong, InvalidOAuth2::Reference { key: "client-secret", .. }));
        for scope in ["feeds", "feeds:read https://api.example/.default"] {
            assert!(client(url, Some(scope)).is_ok(), "{scope}");
        }
        for scope in ["", " feeds", "a  b", "a\"b", "a\\b", "é", "a\nb"] {
            assert_eq!(client(url, Some(scope)).expect_err(scope), InvalidOAuth2::Scope, "{scope}");
        }
    }
}
