//! The secret that a session's cookie holds.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};

/// 256 random bits from the operating system. Only their SHA-256 is ever stored, so the store does
/// not let anybody in; and they are never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// A new id.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give: there is nothing safe to do without.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives randomness");
        Self(bytes)
    }

    /// Reads a cookie's value.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The value for the cookie.
    pub fn to_cookie(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store knows it by.
    pub fn sha256(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_cookie_and_shows_itself_nowhere_else() {
        let id = SessionId::generate();
        assert_eq!(SessionId::from_cookie(&id.to_cookie()), Some(id.clone()));
        assert_eq!(id.to_cookie().len(), 43, "256 bits in base64");
        assert_ne!(id, SessionId::generate());
        assert!(!format!("{id:?}").contains(&id.to_cookie()));
    }

    #[test]
    fn anything_else_is_no_id() {
        for value in ["", "abc", &"A".repeat(42), &"A".repeat(44), "é"] {
            assert_eq!(SessionId::from_cookie(value), None, "{value}");
        }
    }
}
