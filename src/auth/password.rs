//! Passwords: made up, hashed and checked.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;

use super::error::AuthError;

/// Letters and digits that cannot be taken for one another.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Makes up a password of 20 characters, worth 116 bits.
pub(super) fn generate() -> SecretString {
    let mut rng = rand::rng();
    let password: String = (0..20).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
    password.into()
}

/// Hashes a password with Argon2id at 19 MiB and two passes, the crate's default and OWASP's first
/// recommendation ("Password Storage Cheat Sheet").
pub(super) async fn hash(password: SecretString) -> Result<String, AuthError> {
    let hash = spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        let hash = Argon2::default().hash_password(password.expose_secret().as_bytes(), &salt)?;
        Ok::<_, argon2::password_hash::Error>(hash.to_string())
    });
    Ok(hash.await??)
}

/// Checks a password against a hash, in constant time and off the threads that serve requests.
pub(super) async fn verify(password: SecretString, hash: String) -> Result<bool, AuthError> {
    let matches = spawn_blocking(move || {
        let hash = PasswordHash::new(&hash)?;
        let checked = Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash);
        Ok::<_, argon2::password_hash::Error>(checked.is_ok())
    });
    Ok(matches.await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hash = hash("correct horse".into()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse".into(), hash.clone()).await.expect("checked"));
        assert!(!verify("correct horsf".into(), hash).await.expect("checked"));
    }

    #[test]
    fn no_two_passwords_are_alike() {
        assert_ne!(generate().expose_secret(), generate().expose_secret());
        assert_eq!(generate().expose_secret().len(), 20);
    }
}
