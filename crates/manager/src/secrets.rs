//! The secrets that an attempt sends: those that its options refer to, read anew, and those that stand in them.

use std::{collections::HashMap, env, path::Path};

use tokio::task::spawn_blocking;

use super::{failure::Failure, masking::mask, regular_file::UnusableFile, secrets_dir::SecretsDir};
use wsmon_model::{PeerText, Secret, SecretReference};

/// Why what a reference leads to is no secret. Displays as a clause that begins with the reference.
#[derive(Debug, thiserror::Error)]
enum NoSecret {
    #[error("{0} is not set for the monitor")]
    NotSet(SecretReference),
    #[error("{0} is not text in UTF-8")]
    NotText(SecretReference),
    #[error("{0} is empty")]
    Empty(SecretReference),
}

/// The secret, without the line break that ends most files. Blocks the thread.
pub(super) fn read_one(reference: &SecretReference, directory: Option<&SecretsDir>) -> Result<Secret, Failure> {
    let none = |why: NoSecret| Failure::Options { detail: PeerText::new(&why.to_string()) };
    let text = match reference {
        SecretReference::File(name) => {
            let directory = directory.ok_or(UnusableFile::NoDirectory);
            let content = directory.and_then(|directory| directory.read(Path::new(name)));
            let content = content.map_err(|why| Failure::from_file(&why, &reference.to_string()))?;
            String::from_utf8(content).map_err(|_| none(NoSecret::NotText(reference.clone())))?
        }
        SecretReference::Env(name) => env::var(name).map_err(|why| match why {
            env::VarError::NotPresent => none(NoSecret::NotSet(reference.clone())),
            env::VarError::NotUnicode(_) => none(NoSecret::NotText(reference.clone())),
        })?,
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() { Err(none(NoSecret::Empty(reference.clone()))) } else { Ok(Secret::new(text)) }
}

/// The secret that a value is, or that it refers to, read anew.
///
/// # Errors
///
/// [`Failure::Options`], or [`Failure::LocalResources`], when what it refers to cannot be read.
pub async fn read_secret(value: &Secret, directory: Option<&SecretsDir>) -> Result<Secret, Failure> {
    Ok(Secrets::read(value.reference(), directory).await?.resolve(value))
}

/// Secrets as they are now.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    read: HashMap<SecretReference, Secret>,
    /// Those that stand in options themselves, or are made of them.
    written: Vec<Secret>,
}

impl Secrets {
    /// Reads secrets anew.
    ///
    /// # Errors
    ///
    /// For the first that cannot be read, [`Failure::Options`], or [`Failure::LocalResources`].
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
            let pair = |reference: SecretReference| Ok((reference.clone(), read_one(&reference, directory.as_ref())?));
            references.into_iter().map(pair).collect::<Result<_, Failure>>()
        };
        let read = spawn_blocking(read).await.map_err(|_| Failure::Internal)??;
        Ok(Self { read, written: Vec::new() })
    }

    /// Secrets that are sent as well, and are as little to be told.
    pub(super) fn add(&mut self, written: impl IntoIterator<Item = Secret>) {
        self.written.extend(written);
    }

    /// Themselves, for a connection to keep; most have none.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        (!self.read.is_empty() || !self.written.is_empty()).then(|| Box::new(self))
    }

    /// The same of the parameters of a query: their values, and what stands alone.
    pub(super) fn add_query(&mut self, query: &str) {
        self.add(query.split('&').map(|pair| Secret::new(pair.split_once('=').map_or(pair, |(_, value)| value))));
    }

    /// The same of a header: also what follows a scheme (RFC 9110 section 11.4), and the values of cookies (RFC 6265 section
    /// 4.2.1), as servers repeat those alone.
    pub(super) fn add_header(&mut self, value: &Secret) {
        let (text, credentials) = (value.expose(), value.expose().split_once(' '));
        let cookies = text.split("; ").filter_map(|pair| Some(pair.split_once('=')?.1));
        let parts = credentials.into_iter().map(|(_, credentials)| credentials).chain(cookies);
        self.add(parts.chain([text]).map(Secret::new));
    }

    /// The secret that a reference leads to, if it was among those read.
    pub(super) fn get(&self, reference: &SecretReference) -> Option<&Secret> {
        self.read.get(reference)
    }

    /// The secret that a value of the options is, or that it refers to.
    pub(super) fn resolve(&self, value: &Secret) -> Secret {
        value.reference().and_then(|reference| self.get(&reference).cloned()).unwrap_or_else(|| value.clone())
    }

    /// What a peer sent, without the secrets that it was sent: some repeat them, such as a token that they do not know.
    pub(super) fn mask(&self, text: &str) -> String {
        mask(text, self.read.values().chain(&self.written).map(Secret::expose))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn parse(text: &str) -> SecretReference {
        text.parse().expect("a reference")
    }

    #[tokio::test]
    async fn a_file_is_read_anew_and_without_its_last_line_break() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretsDir::new(directory.path()).expect("there");
        let reference = parse("file:token");
        for (content, secret) in [("one", "one"), ("two\n", "two"), ("three\r\n", "three"), ("four\n\n", "four\n")] {
            fs::write(directory.path().join("token"), content).expect("written");
            let read = Secrets::read([reference.clone()], Some(&secrets)).await.expect("read");
            assert_eq!(read.get(&reference).map(Secret::expose), Some(secret));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_without_what_is_in_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretsDir::new(directory.path()).expect("there");
        fs::write(directory.path().join("empty"), "\n").expect("written");
        fs::write(directory.path().join("binary"), [b'k', b'3', 0xff]).expect("written");
        for (text, told) in [
            ("file:gone", "file:gone cannot be used: there is no such file in the secrets directory"),
            ("file:../x", "file:../x cannot be used: it is outside the secrets directory"),
            ("file:/etc/passwd", "file:/etc/passwd cannot be used: it is outside the secrets directory"),
            ("file:empty", "file:empty is empty"),
            ("file:binary", "file:binary is not text in UTF-8"),
            ("env:WSMON_SECRET_NEVER_SET", "env:WSMON_SECRET_NEVER_SET is not set for the monitor"),
        ] {
            let failure = Secrets::read([parse(text)], Some(&secrets)).await.expect_err("unreadable");
            assert!(matches!(failure, Failure::Options { .. }));
            assert!(failure.to_string().contains(told), "{failure}");
        }
        let failure = Secrets::read([parse("file:x")], None).await.expect_err("no directory");
        assert!(failure.to_string().contains("has no secrets directory"), "{failure}");
    }
}
