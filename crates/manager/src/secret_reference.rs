//! References to secrets that are kept outside of the options: `file:NAME` and `env:WSMON_SECRET_…`.

use std::{collections::HashMap, env, fmt, path::Path, str::FromStr};

use tokio::task::spawn_blocking;

use super::{
    failure::Failure,
    secrets_dir::{SecretsDir, UnusableFile},
};
use wsmon_model::{PeerText, Secret};

/// What the names of environment variables begin with that may be referred to. No other is ever read.
const PREFIX: &str = "WSMON_SECRET_";

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum SecretReference {
    /// A file in the secrets directory.
    File(String),
    /// An environment variable of the monitor.
    Env(String),
}

/// Why a text is no reference. Displays as a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// Neither of the two kinds.
    #[error("“{0}” does not begin with file: or env:")]
    Kind(String),
    /// The file has no name.
    #[error("after file: stands the name of a file in the secrets directory")]
    NoFile,
    /// A variable without the prefix.
    #[error("“{0}” cannot be read: only variables whose names begin with {PREFIX} are")]
    Variable(String),
}

/// Why a secret cannot be read. Displays as a clause that begins with the reference.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{0} cannot be read: {1}")]
    File(SecretReference, UnusableFile),
    #[error("{0} is not set for the monitor")]
    NotSet(SecretReference),
    #[error("{0} is not text in UTF-8")]
    NotText(SecretReference),
    #[error("{0} is empty")]
    Empty(SecretReference),
}

impl FromStr for SecretReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix("file:") {
            return if name.is_empty() { Err(InvalidReference::NoFile) } else { Ok(Self::File(name.to_owned())) };
        }
        let name = text.strip_prefix("env:").ok_or_else(|| InvalidReference::Kind(text.to_owned()))?;
        let rest = name.strip_prefix(PREFIX).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if rest.is_empty() || !rest.bytes().all(is_name) {
            return Err(InvalidReference::Variable(name.to_owned()));
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

impl SecretReference {
    /// The reference that an option's value is, if it begins as one.
    pub(super) fn of(value: &str) -> Option<Result<Self, InvalidReference>> {
        (value.starts_with("file:") || value.starts_with("env:")).then(|| value.parse())
    }

    /// The secret, without the line break that ends most files. Blocks the thread.
    fn read(&self, directory: Option<&SecretsDir>) -> Result<Secret, Unreadable> {
        let text = match self {
            Self::File(name) => {
                let directory = directory.ok_or(UnusableFile::NoDirectory);
                let content = directory.and_then(|directory| directory.read(Path::new(name)));
                let content = content.map_err(|why| Unreadable::File(self.clone(), why))?;
                String::from_utf8(content).map_err(|_| Unreadable::NotText(self.clone()))?
            }
            Self::Env(name) => env::var(name).map_err(|why| match why {
                env::VarError::NotPresent => Unreadable::NotSet(self.clone()),
                env::VarError::NotUnicode(_) => Unreadable::NotText(self.clone()),
            })?,
        };
        let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if text.is_empty() { Err(Unreadable::Empty(self.clone())) } else { Ok(Secret::new(text)) }
    }
}

/// Secrets as they are now, by their references.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(HashMap<SecretReference, Secret>);

impl Secrets {
    /// Reads secrets anew.
    ///
    /// # Errors
    ///
    /// [`Failure::Options`] with the first that cannot be read.
    pub(super) async fn read(
        references: impl IntoIterator<Item = SecretReference>,
        directory: Option<&SecretsDir>,
    ) -> Result<Self, Failure> {
        let references: Vec<_> = references.into_iter().collect();
        if references.is_empty() {
            return Ok(Self::default());
        }
        let directory = directory.cloned();
        let read = move || {
            let pair = |reference: SecretReference| Ok((reference.clone(), reference.read(directory.as_ref())?));
            references.into_iter().map(pair).collect::<Result<_, Unreadable>>()
        };
        let read = spawn_blocking(read).await.map_err(|_| Failure::Internal)?;
        read.map(Self).map_err(|why| Failure::Options { detail: PeerText::new(&why.to_string()) })
    }

    /// The secret that a reference leads to, if it was among those read.
    pub(super) fn get(&self, reference: &SecretReference) -> Option<&str> {
        self.0.get(reference).map(Secret::expose)
    }

    /// The secrets themselves.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(Secret::expose)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn parse(text: &str) -> Result<SecretReference, InvalidReference> {
        text.parse()
    }

    #[test]
    fn only_files_and_variables_with_the_prefix_can_be_referred_to() {
        assert_eq!(parse("file:token").map(|reference| reference.to_string()), Ok("file:token".to_owned()));
        assert_eq!(
            parse("env:WSMON_SECRET_A1").map(|reference| reference.to_string()),
            Ok("env:WSMON_SECRET_A1".into())
        );
        assert_eq!(parse("file:"), Err(InvalidReference::NoFile));
        for name in ["HOME", "WSMON_ADMIN_PASSWORD", "WSMON_SECRET_", "wsmon_secret_a", "WSMON_SECRET_A=B", "", "PATH"]
        {
            assert_eq!(parse(&format!("env:{name}")), Err(InvalidReference::Variable(name.to_owned())));
        }
        for text in ["http://127.0.0.1/", "File:x", " file:x", "vault:x", "token"] {
            assert_eq!(parse(text), Err(InvalidReference::Kind(text.to_owned())));
            assert_eq!(SecretReference::of(text), None, "{text} is a value of its own");
        }
    }

    #[tokio::test]
    async fn a_file_is_read_anew_and_without_its_last_line_break() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretsDir::new(directory.path()).expect("there");
        let reference = parse("file:token").expect("a reference");
        for (content, secret) in [("one", "one"), ("two\n", "two"), ("three\r\n", "three"), ("four\n\n", "four\n")] {
            fs::write(directory.path().join("token"), content).expect("written");
            let read = Secrets::read([reference.clone()], Some(&secrets)).await.expect("read");
            assert_eq!(read.get(&reference), Some(secret));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_without_what_is_in_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretsDir::new(directory.path()).expect("there");
        fs::write(directory.path().join("empty"), "\n").expect("written");
        fs::write(directory.path().join("binary"), [b'k', b'3', 0xff]).expect("written");
        for (text, told) in [
            ("file:gone", "file:gone cannot be read: there is no such file in the secrets directory"),
            ("file:../x", "file:../x cannot be read: it is outside the secrets directory"),
            ("file:/etc/passwd", "file:/etc/passwd cannot be read: it is outside the secrets directory"),
            ("file:empty", "file:empty is empty"),
            ("file:binary", "file:binary is not text in UTF-8"),
            ("env:WSMON_SECRET_NEVER_SET", "env:WSMON_SECRET_NEVER_SET is not set for the monitor"),
        ] {
            let failure =
                Secrets::read([parse(text).expect("a reference")], Some(&secrets)).await.expect_err("unreadable");
            assert!(matches!(failure, Failure::Options { .. }));
            assert!(failure.to_string().contains(told), "{failure}");
        }
        let failure = Secrets::read([parse("file:x").expect("a reference")], None).await.expect_err("no directory");
        assert!(failure.to_string().contains("has no secrets directory"), "{failure}");
    }
}
