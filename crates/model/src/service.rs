//! Names of services.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::BaseUrl;

/// The name of a service: a base URL and what its endpoints have in common. `[a-z0-9-]{1,32}`. Cloning
/// shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceName(Arc<str>);

impl ServiceName {
    /// The most characters a name may have.
    pub const MAX_LEN: usize = 32;

    /// The name of the service that `--base-url` is of.
    pub const DEFAULT: &str = "default";

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is [`DEFAULT`](Self::DEFAULT), which an endpoint's identity leaves out.
    pub fn is_default(&self) -> bool {
        *self.0 == *Self::DEFAULT
    }
}

impl Default for ServiceName {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

/// A text is no service name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A service name has 1 to {max} characters: a to z, digits and “-”.", max = ServiceName::MAX_LEN)]
pub struct ServiceNameError;

impl FromStr for ServiceName {
    type Err = ServiceNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.chars().all(allowed) {
            return Err(ServiceNameError);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ServiceName {
    type Error = ServiceNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ServiceName> for String {
    fn from(name: ServiceName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A service as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Its name.
    pub name: ServiceName,
    /// Where its endpoints lie.
    pub base_url: BaseUrl,
    /// Whether its host fails, so that one probe speaks for all of its endpoints.
    pub failing: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_contract_allows_and_nothing_else() {
        for text in ["default", "a", "kraken-2", &"x".repeat(32)] {
            assert_eq!(text.parse::<ServiceName>().expect(text).as_str(), text);
        }
        for text in ["", "Kraken", "a.b", "a:b", "a b", "ä", &"x".repeat(33)] {
            assert!(text.parse::<ServiceName>().is_err(), "{text}");
        }
    }
}
