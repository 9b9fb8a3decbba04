//! JSON Web Tokens (RFC 7519), as far as they tell when they expire. Nothing is verified: that is the service's part. Pure.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

/// The longest token that is looked into, in bytes: none that is longer fits in a header.
const LONGEST: usize = 64 * 1024;

/// When a token was issued and when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    /// `exp`, in Unix milliseconds.
    pub(super) expires_ms: i64,
    /// `iat`, in Unix milliseconds.
    pub(super) issued_ms: Option<i64>,
}

impl Claims {
    /// The claims of a signed token (RFC 7515 section 3.1); `None` for anything else, and for one without `exp`.
    pub(super) fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.').filter(|_| token.len() <= LONGEST);
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
        let claims: Value = serde_json::from_slice(&payload).ok()?;
        Some(Self { expires_ms: ms(&claims["exp"])?, issued_ms: ms(&claims["iat"]) })
    }
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer, which is meant")]
fn ms(date: &Value) -> Option<i64> {
    let seconds = date.as_f64()?;
    (seconds >= 0.0).then_some((seconds * 1_000.0) as i64)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A token with these claims and no signature to speak of.
    pub(in crate::tokens) fn jwt(claims: &str) -> String {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        format!("{header}.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn only_a_signed_token_with_an_end_has_one() {
        let of = |claims: &str| Claims::of(&jwt(claims));
        let both = Claims { expires_ms: 1_800_000_000_500, issued_ms: Some(1_700_000_000_000) };
        assert_eq!(of(r#"{"sub":"ann","iat":1700000000,"exp":1800000000.5}"#), Some(both));
        assert_eq!(of(r#"{"exp":7}"#), Some(Claims { expires_ms: 7_000, issued_ms: None }));
        assert_eq!(of(r#"{"exp":1e300}"#).map(|claims| claims.expires_ms), Some(i64::MAX));
        for claims in ["{}", r#"{"exp":"soon"}"#, r#"{"exp":-1}"#, r#"{"exp":null}"#, "[]", "7", "{", ""] {
            assert_eq!(of(claims), None, "{claims}");
        }
        let token = jwt(r#"{"exp":7}"#);
        for other in ["", "opaque", "a.b", "a.b.c", "..", &format!("{token}.x"), &token.replacen('.', "", 1)] {
            assert_eq!(Claims::of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_it_is_it_is_looked_into_without_harm(token in ".{0,64}", claims in ".{0,64}") {
            Claims::of(&token);
            Claims::of(&jwt(&claims));
        }
    }
}
