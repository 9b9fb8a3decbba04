//! References to secrets that are kept outside of the options: `file:NAME` and `env:WSMON_SECRET_…`.

use std::{fmt, str::FromStr};

/// What the names of environment variables begin with that may be referred to. No other is ever read.
const PREFIX: &str = "WSMON_SECRET_";

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretReference {
    /// A file in the secrets directory.
    File(String),
    /// An environment variable of the monitor.
    Env(String),
}

/// Why a text is no reference. Displays as a clause. What follows `env:` is not repeated: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// Neither of the two kinds.
    #[error("it does not begin with file: or env:")]
    Kind,
    /// The file has no name.
    #[error("after file: stands the name of a file in the secrets directory")]
    NoFile,
    /// A variable without the prefix.
    #[error("of the monitor's variables only those whose names begin with {PREFIX} are read")]
    Variable,
}

impl SecretReference {
    /// The reference that a value is, if it is meant as one.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`] for a value that begins as a reference and is none.
    pub fn of(value: &str) -> Result<Option<Self>, InvalidReference> {
        match value.parse() {
            Ok(reference) => Ok(Some(reference)),
            Err(InvalidReference::Kind) => Ok(None),
            Err(invalid) => Err(invalid),
        }
    }
}

impl FromStr for SecretReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix("file:") {
            return if name.is_empty() { Err(InvalidReference::NoFile) } else { Ok(Self::File(name.to_owned())) };
        }
        let name = text.strip_prefix("env:").ok_or(InvalidReference::Kind)?;
        let rest = name.strip_prefix(PREFIX).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if rest.is_empty() || !rest.bytes().all(is_name) {
            return Err(InvalidReference::Variable);
        }
        Ok(Self::Env(name.to_owned()))
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => write!(f, "file:{name}"),
            Self::Env(name) => write!(f, "env:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_and_variables_with_the_prefix_can_be_referred_to() {
        for text in ["file:token", "file:a b/c", "env:WSMON_SECRET_A1"] {
            assert_eq!(
                SecretReference::of(text).map(|found| found.map(|found| found.to_string())),
                Ok(Some(text.into()))
            );
        }
        assert_eq!(SecretReference::of("file:"), Err(InvalidReference::NoFile));
        for name in ["HOME", "WSMON_ADMIN_PASSWORD", "WSMON_SECRET_", "wsmon_secret_a", "WSMON_SECRET_A=B", "", "PATH"]
        {
            assert_eq!(SecretReference::of(&format!("env:{name}")), Err(InvalidReference::Variable));
        }
        for text in ["http://127.0.0.1/", "File:x", " file:x", "vault:x", "token", ""] {
            assert_eq!(SecretReference::of(text), Ok(None), "{text} is a value of its own");
        }
    }
}
