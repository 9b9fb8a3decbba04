//! The URL under which every endpoint lies.

use serde::{Deserialize, Serialize};

use super::EndpointName;

/// The base URL as people may see it: without its query, which may hold a secret.
///
/// The server makes it from the URL it has checked; see `server::target`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BaseUrl {
    /// Scheme, authority and a path that ends in `/`.
    prefix: String,
    /// Whether the URL has a query that is kept but not shown.
    has_query: bool,
}

impl BaseUrl {
    /// Describes a base URL by all that comes before its query, which must end in `/`.
    pub fn new(prefix: String, has_query: bool) -> Self {
        debug_assert!(prefix.ends_with('/'), "a base URL's path ends in /");
        Self { prefix, has_query }
    }

    /// Scheme, authority and path.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The URL of an endpoint. A query is shown as `?…`.
    pub fn endpoint_url(&self, endpoint: &EndpointName) -> String {
        let query = if self.has_query { "?…" } else { "" };
        format!("{}{endpoint}{query}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_the_name_and_hides_the_query() {
        let name: EndpointName = "data-feed".parse().expect("a name");
        let plain = BaseUrl::new("ws://localhost:8000/ws/".to_owned(), false);
        assert_eq!(plain.endpoint_url(&name), "ws://localhost:8000/ws/data-feed");
        let secret = BaseUrl::new("wss://example.org/".to_owned(), true);
        assert_eq!(secret.endpoint_url(&name), "wss://example.org/data-feed?…");
    }
}
