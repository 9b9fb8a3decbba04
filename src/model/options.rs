//! What may differ from one connection to the next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that is written and never read back: shown as [`Secret::MASK`], by `Debug` as well.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What stands for a secret wherever one is shown; sent back, it means "as it was".
    pub const MASK: &str = "••••••";

    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What stands for a secret that is kept.
    pub fn masked() -> Self {
        Self::new(Self::MASK)
    }

    /// Whether this stands for the secret that is there already.
    pub fn is_mask(&self) -> bool {
        self.0 == Self::MASK
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::MASK)
    }
}

/// A field of the upgrade request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// A ping inside text messages, as engine.io has it: whoever does not answer is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPing {
    /// The message that asks, whole.
    pub ping: String,
    /// The message that answers.
    pub pong: String,
}

/// The most memory a peer can make a connection use, in bytes each; none for the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Read at once: 4 KiB.
    pub read_buffer: Option<u32>,
    /// Waiting to be written: 256 KiB.
    pub write_buffer: Option<u32>,
    /// One frame's payload: 256 KiB.
    pub frame: Option<u32>,
    /// One message's payload: 1 MiB.
    pub message: Option<u32>,
}

/// What may differ from one connection to the next. The default is what a plain feed needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionOptions {
    /// Fields added to the upgrade request.
    pub headers: Vec<Header>,
    /// Sent as `Authorization: Bearer …` (RFC 6750).
    pub bearer_token: Option<Secret>,
    /// Subprotocols asked for, the best first (RFC 6455 section 1.9). The server must take one.
    pub subprotocols: Vec<String>,
    /// Added to the URL's query.
    pub query: Option<Secret>,
    /// A file of certificates in PEM format, trusted in the place of the built-in authorities.
    pub ca_file: Option<String>,
    /// How often to ping, in milliseconds.
    pub ping_interval_ms: Option<u32>,
    /// How long a pong may take, in milliseconds.
    pub pong_timeout_ms: Option<u32>,
    /// How long the connection may bring no message before it counts as silent, in milliseconds.
    pub max_silence_ms: Option<u32>,
    /// Whether a silent connection is closed and opened anew.
    pub recycle_when_silent: bool,
    /// Close codes and HTTP statuses after which trying again cannot help.
    pub never_retry: Vec<u16>,
    /// Whether a normal closure (1000) is final.
    pub stay_closed: bool,
    /// A ping inside text messages to be answered.
    pub text_ping: Option<TextPing>,
    /// Limits on memory.
    pub limits: Limits,
}

impl ConnectionOptions {
    /// The options as they may be shown.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut shown = self.clone();
        shown.headers.iter_mut().for_each(|header| header.value = Secret::masked());
        for secret in [&mut shown.bearer_token, &mut shown.query] {
            *secret = secret.as_ref().map(|_| Secret::masked());
        }
        shown
    }

    /// Puts the secrets of `before` where a mask says that they stay. A mask for which there is no
    /// secret is dropped.
    #[must_use]
    pub fn unmasked(mut self, before: &Self) -> Self {
        let kept = |after: Option<Secret>, before: &Option<Secret>| match after {
            Some(secret) if secret.is_mask() => before.clone(),
            other => other,
        };
        self.bearer_token = kept(self.bearer_token, &before.bearer_token);
        self.query = kept(self.query, &before.query);
        self.headers.retain_mut(|header| {
            if !header.value.is_mask() {
                return true;
            }
            let old = before.headers.iter().find(|old| old.name.eq_ignore_ascii_case(&header.name));
            old.is_some_and(|old| {
                header.value = old.value.clone();
                true
            })
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_secrets() -> ConnectionOptions {
        ConnectionOptions {
            headers: vec![Header { name: "X-Key".to_owned(), value: Secret::new("k3y") }],
            bearer_token: Some(Secret::new("t0ken")),
            query: Some(Secret::new("id=s3cret")),
            ..ConnectionOptions::default()
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        let options = with_secrets();
        let shown = format!("{options:?} {:?} {}", options.masked(), options.masked().headers[0].value.expose());
        assert!(!["k3y", "t0ken", "s3cret"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }

    #[test]
    fn a_mask_sent_back_keeps_the_secret_and_anything_else_replaces_it() {
        let before = with_secrets();
        assert_eq!(before.masked().unmasked(&before), before);
        let mut changed = before.masked();
        changed.bearer_token = Some(Secret::new("new"));
        changed.query = None;
        changed.headers.push(Header { name: "X-Other".to_owned(), value: Secret::masked() });
        let after = changed.unmasked(&before);
        assert_eq!((after.bearer_token, after.query), (Some(Secret::new("new")), None));
        assert_eq!(after.headers, before.headers, "a mask for nothing is nothing");
    }
}
