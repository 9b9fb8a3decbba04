//! What may differ from one connection to the next.

use serde::{Deserialize, Serialize};

use super::{FieldProblem, Profile, Secret, UtcWindow};

/// What is said of a secret with the mask in it.
const PART_MASK: &str = "The dots stand for what is kept only where they stand alone. Write the whole value.";

/// A field of the upgrade request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// A ping inside messages, as engine.io has it: whoever does not answer is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPing {
    /// The text message that asks, whole; or, as in an opening, `< regex` for any message that asks.
    pub ping: String,
    /// The message that answers: what can be a heartbeat.
    pub pong: String,
}

/// The most memory a peer can make a connection use, in bytes each; none for the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Read at once: 64 KiB.
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
    /// A protocol whose needs hold where neither these options nor the service's say anything.
    pub profile: Option<Profile>,
    /// Fields added to the upgrade request.
    pub headers: Vec<Header>,
    /// Sent as `Authorization: Bearer …` (RFC 6750).
    pub bearer_token: Option<Secret>,
    /// `user:password`, sent as `Authorization: Basic …` (RFC 7617). Not together with a bearer token.
    pub basic_auth: Option<Secret>,
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
    /// Close codes and HTTP statuses after which to try again although that usually cannot help.
    pub always_retry: Vec<u16>,
    /// Whether a normal closure (1000) is final.
    pub stay_closed: bool,
    /// How old a session may become before another takes its place, in milliseconds.
    pub rotate_after_ms: Option<u32>,
    /// When in the day that may happen; at any time without it.
    pub rotate_window: Option<UtcWindow>,
    /// What is exchanged after the upgrade before the connection counts as open: `> text`, `>64 BASE64`, `>mqtt PACKET`,
    /// `< regex` or `<30s regex`, one a line. Secrets stand in it as references, `${secret:file:NAME}`; the rest is shown.
    pub opening: Option<String>,
    /// A message that is sent at intervals: text in which `${…}` stands for values as in the opening, `>64 BASE64`, or
    /// `>mqtt ping`.
    pub heartbeat: Option<String>,
    /// How often, in milliseconds.
    pub heartbeat_every_ms: Option<u32>,
    /// A regular expression for the answer, which must come within the pong timeout; without one none is waited for.
    pub heartbeat_expect: Option<String>,
    /// A regular expression for messages that bring no news: they do not end a silence.
    pub not_data: Option<String>,
    /// A ping inside messages to be answered.
    pub text_ping: Option<TextPing>,
    /// Limits on memory.
    pub limits: Limits,
}

/// Says which options a page has shown, so that changed ones that are sent back are not saved over
/// those of somebody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OptionsVersion(String);

impl OptionsVersion {
    /// A version by its name.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The options of a connection as a page shows them, secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointOptions {
    /// What differs for the connection.
    pub given: ConnectionOptions,
    /// Its service's defaults.
    pub defaults: ConnectionOptions,
    /// Which options these are, to be sent back with changed ones.
    pub version: OptionsVersion,
}

impl ConnectionOptions {
    /// The options as they may be shown.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut shown = self.clone();
        shown.headers.iter_mut().for_each(|header| header.value = header.value.to_shown());
        for secret in [&mut shown.bearer_token, &mut shown.basic_auth, &mut shown.query] {
            *secret = secret.as_ref().map(Secret::to_shown);
        }
        shown
    }

    /// Puts the secrets of `before` where a mask says that they stay. The n-th header of a name has the
    /// secret of the n-th of that name before.
    ///
    /// # Errors
    ///
    /// A [`FieldProblem`] for a mask that does not tell which secret it stands for.
    pub fn unmasked(mut self, before: &Self) -> Result<Self, FieldProblem> {
        unmask("bearer_token", &mut self.bearer_token, before.bearer_token.as_ref())?;
        unmask("basic_auth", &mut self.basic_auth, before.basic_auth.as_ref())?;
        unmask("query", &mut self.query, before.query.as_ref())?;
        for index in 0..self.headers.len() {
            if self.headers[index].value.is_part_mask() {
                return Err(FieldProblem::new("headers", PART_MASK));
            }
            if self.headers[index].value.is_mask() {
                self.headers[index].value = self.kept_header(index, before)?.clone();
            }
        }
        Ok(self)
    }

    /// The value that the header at `index`, which is sent as a mask, had before.
    fn kept_header<'a>(&self, index: usize, before: &'a Self) -> Result<&'a Secret, FieldProblem> {
        let name = &self.headers[index].name;
        let is_same = |header: &&Header| header.name.eq_ignore_ascii_case(name);
        let problem = |text: String| FieldProblem::new("headers", text);
        let earlier = self.headers[..index].iter().filter(is_same).count();
        let (now, kept) = (self.headers.iter().filter(is_same).count(), before.headers.iter().filter(is_same).count());
        let Some(header) = before.headers.iter().filter(is_same).nth(earlier) else {
            return Err(problem(format!("No value is kept for this “{name}”. Write its value instead of the dots.")));
        };
        if now < kept {
            let text =
                format!("Of {kept} values of “{name}”, it is not clear which stays. Write it instead of the dots.");
            return Err(problem(text));
        }
        Ok(&header.value)
    }
}

fn unmask(field: &str, after: &mut Option<Secret>, before: Option<&Secret>) -> Result<(), FieldProblem> {
    if after.as_ref().is_some_and(Secret::is_part_mask) {
        return Err(FieldProblem::new(field, PART_MASK));
    }
    if after.as_ref().is_some_and(Secret::is_mask) {
        let kept = before.ok_or_else(|| FieldProblem::new(field, "No value is kept. Write it instead of the dots."))?;
        *after = Some(kept.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_secrets() -> ConnectionOptions {
        ConnectionOptions {
            headers: vec![Header { name: "X-Key".to_owned(), value: Secret::new("k3y") }],
            bearer_token: Some(Secret::new("t0ken")),
            basic_auth: Some(Secret::new("ann:passw0rd")),
            query: Some(Secret::new("id=s3cret")),
            ..ConnectionOptions::default()
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        let options = with_secrets();
        let shown = format!("{options:?} {:?} {}", options.masked(), options.masked().headers[0].value.expose());
        assert!(!["k3y", "t0ken", "passw0rd", "s3cret"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }

    #[test]
    fn references_are_shown_and_can_be_sent_back() {
        let token = ConnectionOptions { bearer_token: Some(Secret::new("file:token")), ..with_secrets() };
        assert_eq!(token.masked().bearer_token, token.bearer_token);
        assert_eq!(token.masked().unmasked(&token), Ok(token));
    }

    #[test]
    fn a_mask_sent_back_keeps_the_secret_and_anything_else_replaces_it() {
        let before = with_secrets();
        assert_eq!(before.masked().unmasked(&before), Ok(before.clone()));
        let mut changed = before.masked();
        changed.bearer_token = Some(Secret::new("new"));
        changed.query = None;
        let after = changed.unmasked(&before).expect("every mask has its secret");
        assert_eq!((after.bearer_token, after.query), (Some(Secret::new("new")), None));
        assert_eq!(after.headers, before.headers);
    }

    fn headers(lines: &[(&str, &str)]) -> ConnectionOptions {
        let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: Secret::new(*value) };
        ConnectionOptions { headers: lines.iter().map(header).collect(), ..ConnectionOptions::default() }
    }

    #[test]
    fn the_nth_header_of_a_name_keeps_the_nth_secret() {
        let mask = Secret::MASK;
        let before = headers(&[("X-Key", "first"), ("Other", "o"), ("x-key", "second")]);
        let after = |lines: &[(&str, &str)]| headers(lines).unmasked(&before);
        assert_eq!(before.masked().unmasked(&before), Ok(before.clone()));
        for (sent, kept) in [
            (
                &[("Other", mask), ("X-Key", mask), ("X-Key", mask)],
                [("Other", "o"), ("X-Key", "first"), ("X-Key", "second")],
            ),
            (
                &[("X-Key", "new"), ("X-Key", mask), ("Other", "")],
                [("X-Key", "new"), ("X-Key", "second"), ("Other", "")],
            ),
            (
                &[("X-Key", mask), ("X-Key", mask), ("X-Key", "third")],
                [("X-Key", "first"), ("X-Key", "second"), ("X-Key", "third")],
            ),
        ] {
            assert_eq!(after(sent), Ok(headers(&kept)));
        }
        assert_eq!(after(&[("X-Key", "only")]), Ok(headers(&[("X-Key", "only")])));
        assert_eq!(after(&[]), Ok(headers(&[])));
    }

    #[test]
    fn a_mask_that_stands_for_no_secret_is_refused_beside_its_field() {
        let mask = Secret::MASK;
        let before = headers(&[("X-Key", "first"), ("X-Key", "second"), ("Other", "o")]);
        for sent in [
            headers(&[("Renamed", mask)]),
            headers(&[("Other", mask), ("Other", mask)]),
            headers(&[("X-Key", mask)]),
            headers(&[("Other", &format!("{mask}x"))]),
        ] {
            assert_eq!(sent.unmasked(&before).expect_err("refused").field, "headers");
        }
        let token = ConnectionOptions { bearer_token: Some(Secret::masked()), ..ConnectionOptions::default() };
        assert_eq!(token.unmasked(&before).expect_err("refused").field, "bearer_token");
        for text in [mask.to_owned(), format!("{mask}&mode=live")] {
            let query = ConnectionOptions { query: Some(Secret::new(text)), ..ConnectionOptions::default() };
            assert_eq!(query.unmasked(&before).expect_err("refused").field, "query");
        }
    }
}
