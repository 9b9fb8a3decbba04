//! The base URL and the URLs below it.

use std::{fmt, str::FromStr};

use url::{Host, Url};

use wsmon_model::{BaseUrl, EndpointName};

/// The base URL, checked. Its query may hold a secret, so neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Base(Url);

/// Why a text is no base URL. None of the sentences repeats the text, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBase {
    /// Not a URL.
    #[error("it is not a URL ({0})")]
    Url(url::ParseError),
    /// Neither ws nor wss.
    #[error("its scheme is {0:?}, not ws or wss")]
    Scheme(String),
    /// User name or password before the host.
    #[error("it holds a user name or password, which WebSocket URLs do not have")]
    Userinfo,
    /// A fragment.
    #[error("it has a fragment, which RFC 6455 section 3 forbids")]
    Fragment,
}

impl FromStr for Base {
    type Err = InvalidBase;

    fn from_str(text: &str) -> Result<Self, InvalidBase> {
        let mut url = Url::parse(text).map_err(InvalidBase::Url)?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(InvalidBase::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidBase::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(InvalidBase::Fragment);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }
}

impl Base {
    /// The base URL as people may see it.
    pub fn shown(&self) -> BaseUrl {
        let mut prefix = self.0.clone();
        prefix.set_query(None);
        BaseUrl::new(prefix.into(), self.0.query().is_some())
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        }
    }

    /// The port, the scheme's own if none is given.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The path, which begins and ends with `/`.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether the scheme is wss.
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "wss"
    }

    /// The URL of an endpoint, with the base's query and what is added to it.
    ///
    /// A name's characters need no escaping and it has no dot segments, so the result always has
    /// the base's origin and begins with its path.
    pub(super) fn endpoint_url(&self, endpoint: &EndpointName, added_query: Option<&str>) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{endpoint}", self.0.path()));
        if let Some(added) = added_query {
            let query = self.0.query().map_or_else(|| added.to_owned(), |query| format!("{query}&{added}"));
            url.set_query(Some(&query));
        }
        url
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.shown();
        f.write_str(shown.prefix())
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> Base {
        text.parse().expect(text)
    }

    #[test]
    fn appends_names_and_keeps_the_query() {
        let url = base("ws://localhost:8000/ws/?token=s3cret").endpoint_url(&"a/b".parse().expect("a name"), None);
        assert_eq!(url.as_str(), "ws://localhost:8000/ws/a/b?token=s3cret");
        let url = base("ws://localhost/ws/?token=x").endpoint_url(&"a".parse().expect("a name"), Some("id=#1"));
        assert_eq!(url.as_str(), "ws://localhost/ws/a?token=x&id=%231");
        let url = base("wss://example.org").endpoint_url(&"feed".parse().expect("a name"), Some("EIO=4"));
        assert_eq!(url.as_str(), "wss://example.org/feed?EIO=4");
        let url = base("ws://[::1]:9/x").endpoint_url(&"feed".parse().expect("a name"), None);
        assert_eq!(url.as_str(), "ws://[::1]:9/x/feed");
    }

    #[test]
    fn never_shows_the_query() {
        let base = base("ws://localhost:8000/ws/?token=s3cret");
        assert!(!format!("{base} {base:?} {:?}", base.shown()).contains("s3cret"));
    }

    #[test]
    fn refuses_what_is_no_base_url() {
        let error = |text: &str| text.parse::<Base>().expect_err(text);
        assert!(matches!(error("localhost"), InvalidBase::Url(_)));
        assert_eq!(error("http://localhost/"), InvalidBase::Scheme("http".to_owned()));
        assert_eq!(error("ws://user:secret@localhost/"), InvalidBase::Userinfo);
        assert_eq!(error("ws://localhost/#part"), InvalidBase::Fragment);
        assert!(matches!(error("ws://"), InvalidBase::Url(_)));
    }

    /// More for a long run: `make soak`.
    fn cases() -> u32 {
        std::env::var("WSMON_SOAK").map_or(20_000, |cases| cases.parse().expect("WSMON_SOAK is a number"))
    }

    /// Built once: a pattern given as text is parsed again for every case.
    fn texts() -> impl Strategy<Value = String> {
        let pattern = "[A-Za-z0-9._~/%:@?#\\\\ -]{1,40}|\\PC{1,20}|(\\.{1,2}/){0,3}[a-z.]{1,6}";
        proptest::string::string_regex(pattern).expect("a pattern")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn no_name_leaves_the_base(text in texts()) {
            if let Ok(name) = text.parse::<EndpointName>() {
                let base = base("ws://localhost:8000/ws/");
                let url = base.endpoint_url(&name, None);
                prop_assert_eq!(url.origin(), base.0.origin());
                prop_assert!(url.path().starts_with("/ws/"), "{}", url);
                prop_assert_eq!(url.path().len(), "/ws/".len() + name.as_str().len());
                let shown = base.shown().endpoint_url(&name);
                prop_assert_eq!(url.as_str(), shown.as_str());
            }
        }
    }
}
