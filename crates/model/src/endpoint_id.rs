//! What identifies an endpoint among those of all services.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{EndpointName, EndpointNameError, ServiceName, ServiceNameError};

/// An endpoint's service and its name there: the key under which a connection is held, stored, shown and counted.
///
/// As text it is the name alone in the service `default`, else `service:name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointId {
    /// The service.
    pub service: ServiceName,
    /// The name below its base URL.
    pub name: EndpointName,
}

/// Why a text identifies no endpoint. Each displays as a sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointIdError {
    /// What precedes the colon is no service name.
    #[error(transparent)]
    Service(#[from] ServiceNameError),
    /// The rest is no endpoint name.
    #[error(transparent)]
    Name(#[from] EndpointNameError),
}

impl From<EndpointName> for EndpointId {
    /// The endpoint of that name in the service `default`.
    fn from(name: EndpointName) -> Self {
        Self { service: ServiceName::default(), name }
    }
}

impl FromStr for EndpointId {
    type Err = EndpointIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("://") {
            return Err(EndpointNameError::WholeUrl.into());
        }
        // No name contains a colon.
        match text.split_once(':') {
            Some((service, name)) => Ok(Self { service: service.parse()?, name: name.parse()? }),
            None => Ok(text.parse::<EndpointName>()?.into()),
        }
    }
}

impl TryFrom<String> for EndpointId {
    type Error = EndpointIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EndpointId> for String {
    fn from(id: EndpointId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.service.is_default() {
            write!(f, "{}:", self.service)?;
        }
        self.name.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_leaves_out_the_default_service() {
        for text in ["data-feed", "kraken:book/eu"] {
            assert_eq!(text.parse::<EndpointId>().expect(text).to_string(), text);
        }
        let named: EndpointId = "default:data-feed".parse().expect("an id");
        assert_eq!(named, "data-feed".parse().expect("an id"));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_part_that_is_wrong() {
        let error = |text: &str| text.parse::<EndpointId>().expect_err(text);
        assert_eq!(error("Kraken:a"), EndpointIdError::Service(ServiceNameError));
        assert_eq!(error("kraken:"), EndpointIdError::Name(EndpointNameError::Empty));
        assert_eq!(error("kraken:a:b"), EndpointIdError::Name(EndpointNameError::Character(':')));
        assert_eq!(error("ws://evil"), EndpointIdError::Name(EndpointNameError::WholeUrl));
    }
}
