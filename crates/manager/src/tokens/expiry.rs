//! When the tokens expire that stand in options, or that options refer to.

use std::collections::HashMap;

use wsmon_model::{SecretReference, TokenExpiry, TokenRenewal};

use super::jwt::Claims;
use crate::{options::CheckedOptions, secrets::read_one, secrets_dir::SecretsDir};

/// A token in a file that was issued for less is taken to be replaced by whatever writes the file: nobody does that by hand
/// every few days. In milliseconds: a week.
const BY_HAND_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// When the bearer token of options expires, if it is a JSON Web Token; of a reference, what it leads to now. Blocks the thread.
pub(crate) fn expiry_of(options: &CheckedOptions, directory: Option<&SecretsDir>) -> Option<TokenExpiry> {
    Expiries::new(directory).of(options)
}

/// The same for many options: what they refer to is read once.
pub(crate) struct Expiries<'a> {
    directory: Option<&'a SecretsDir>,
    read: HashMap<SecretReference, Option<TokenExpiry>>,
}

impl<'a> Expiries<'a> {
    pub(crate) fn new(directory: Option<&'a SecretsDir>) -> Self {
        Self { directory, read: HashMap::new() }
    }

    /// As [`expiry_of`]. Blocks the thread.
    pub(crate) fn of(&mut self, options: &CheckedOptions) -> Option<TokenExpiry> {
        let token = options.in_force().bearer_token.as_ref()?;
        let Some(reference) = token.reference() else {
            let claims = Claims::of(token.expose())?;
            return Some(TokenExpiry { at_ms: claims.expires_ms, renewal: TokenRenewal::Manual });
        };
        if let Some(known) = self.read.get(&reference) {
            return *known;
        }
        let token = read_one(&reference, self.directory).ok();
        let claims = token.and_then(|token| Claims::of(token.expose()));
        let expiry =
            claims.map(|claims| TokenExpiry { at_ms: claims.expires_ms, renewal: renewal(&reference, claims) });
        self.read.insert(reference, expiry);
        expiry
    }
}

fn renewal(reference: &SecretReference, Claims { expires_ms, issued_ms }: Claims) -> TokenRenewal {
    let is_brief = issued_ms.is_some_and(|issued_ms| expires_ms.saturating_sub(issued_ms) <= BY_HAND_MS);
    match reference {
        SecretReference::File(_) if is_brief => TokenRenewal::Automatic,
        _ => TokenRenewal::Manual,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tokens::jwt::tests::jwt;
    use wsmon_model::{ConnectionOptions, Secret};

    fn options(token: &str) -> CheckedOptions {
        let given = ConnectionOptions { bearer_token: Some(Secret::new(token)), ..ConnectionOptions::default() };
        CheckedOptions::new(given).expect("valid")
    }

    #[test]
    fn a_token_is_replaced_by_a_person_unless_it_is_in_a_file_and_brief() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretsDir::new(directory.path()).expect("there");
        let expiry = |token: &str| expiry_of(&options(token), Some(&secrets));
        let write = |claims: &str| fs::write(directory.path().join("token"), jwt(claims)).expect("written");
        let manual = |at_ms| Some(TokenExpiry { at_ms, renewal: TokenRenewal::Manual });
        let automatic = |at_ms| Some(TokenExpiry { at_ms, renewal: TokenRenewal::Automatic });

        assert_eq!(expiry(&jwt(r#"{"iat":0,"exp":3600}"#)), manual(3_600_000));
        assert_eq!(expiry("opaque"), None);
        assert_eq!(expiry("file:token"), None, "there is none yet");
        write(r#"{"iat":0,"exp":3600}"#);
        assert_eq!(expiry("file:token"), automatic(3_600_000));
        write(r#"{"iat":0,"exp":2592000}"#);
        assert_eq!(expiry("file:token"), manual(2_592_000_000), "it is read anew");
        write(r#"{"exp":3600}"#);
        assert_eq!(expiry("file:token"), manual(3_600_000), "how long it lives is not known");
        assert_eq!(expiry_of(&options("file:token"), None), None, "there is no directory");
    }
}
