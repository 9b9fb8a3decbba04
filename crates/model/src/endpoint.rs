//! Names of endpoints: the relative path after the base URL.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The name of an endpoint, such as `data-feed` or `market/eu/quotes`.
///
/// Segments of the unreserved characters of RFC 3986 section 2.3 joined by `/`, without the
/// segments `.` and `..`, at most [`EndpointName::MAX_LEN`] characters. So a name can be appended
/// to a base URL's path as it is: it needs no escaping, and it cannot leave that path. Cloning shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointName(Arc<str>);

impl EndpointName {
    /// The most characters a name may have.
    pub const MAX_LEN: usize = 128;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an endpoint name. Each displays as a sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointNameError {
    /// Nothing was typed.
    #[error("Enter an endpoint name, such as data-feed.")]
    Empty,
    /// A whole URL was typed.
    #[error(
        "Enter only the endpoint name, the part after the base URL. Another host is added with --service NAME=URL at the start."
    )]
    WholeUrl,
    /// More than [`EndpointName::MAX_LEN`] characters.
    #[error("The name has {0} characters; at most {max} are allowed.", max = EndpointName::MAX_LEN)]
    TooLong(usize),
    /// A character outside `[A-Za-z0-9._~-]` and `/`.
    #[error("{} is not allowed: use letters A to Z, digits, “.”, “_”, “~”, “-”, and “/” between parts.", describe(*.0))]
    Character(char),
    /// A leading, trailing or doubled `/`.
    #[error("A name cannot begin or end with “/” or contain “//”.")]
    EmptySegment,
    /// A segment `.` or `..`.
    #[error("A part of a name cannot be “.” or “..”.")]
    DotSegment,
}

/// Shows a character by its glyph only where the glyph cannot mislead: many letters look like those of another alphabet.
fn describe(c: char) -> String {
    match c {
        ' ' => "A space".to_owned(),
        c if c.is_ascii_graphic() => format!("The character “{c}”"),
        c => format!("The character U+{:04X}", u32::from(c)),
    }
}

impl FromStr for EndpointName {
    type Err = EndpointNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(EndpointNameError::Empty);
        }
        if text.contains("://") {
            return Err(EndpointNameError::WholeUrl);
        }
        let length = text.chars().count();
        if length > Self::MAX_LEN {
            return Err(EndpointNameError::TooLong(length));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._~-/".contains(c);
        if let Some(c) = text.chars().find(|&c| !allowed(c)) {
            return Err(EndpointNameError::Character(c));
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err(EndpointNameError::EmptySegment),
                "." | ".." => return Err(EndpointNameError::DotSegment),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for EndpointName {
    type Error = EndpointNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EndpointName> for String {
    fn from(name: EndpointName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> EndpointNameError {
        text.parse::<EndpointName>().expect_err(text)
    }

    #[test]
    fn accepts_what_the_contract_allows() {
        for text in ["data-feed", "a", "market/eu/quotes", "A.b_c~d-9", "...", "a/.b", &"x".repeat(128)] {
            assert_eq!(text.parse::<EndpointName>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn refuses_everything_else_and_says_why() {
        use EndpointNameError::*;
        assert_eq!(error(""), Empty);
        assert_eq!(error(&"x".repeat(129)), TooLong(129));
        assert_eq!(error("data feed"), Character(' '));
        assert_eq!(error(".."), DotSegment);
        assert_eq!(error("a/./b"), DotSegment);
        assert_eq!(error("//host"), EmptySegment);
        assert_eq!(error("/a"), EmptySegment);
        assert_eq!(error("a/"), EmptySegment);
        assert_eq!(error("ws://evil"), WholeUrl);
        assert_eq!(error("%2e%2e"), Character('%'));
        assert_eq!(error("a\u{202e}b"), Character('\u{202e}'));
        assert_eq!(error("a\nb"), Character('\n'));
        assert_eq!(error("a?b"), Character('?'));
        assert_eq!(error("a\\b"), Character('\\'));
        assert_eq!(error("dàta"), Character('à'));
    }

    #[test]
    fn never_shows_a_character_that_could_mislead() {
        assert!(error("a\u{202e}b").to_string().starts_with("The character U+202E is not allowed"));
        assert!(error("a\nb").to_string().starts_with("The character U+000A"));
        assert!(error("a b").to_string().starts_with("A space is not allowed"));
        assert!(error("a?b").to_string().starts_with("The character “?”"));
    }

    #[test]
    fn a_name_from_the_wire_is_checked_too() {
        assert!(EndpointName::try_from("../admin".to_owned()).is_err());
    }
}
