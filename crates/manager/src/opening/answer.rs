//! Pings inside messages, which the service wants answered.

use regex::bytes::Regex;
use wsmon_model::{SecretReference, TextPing};

use super::{
    script::{InvalidLine, Said, Script, pattern_of},
    template::Values,
};
use crate::{frame::Event, message::Message};

/// A ping inside messages, and its answer, compiled.
#[derive(Clone, Debug)]
pub(crate) struct AnswerPlan {
    ping: Ping,
    pong: Said,
}

#[derive(Clone, Debug)]
enum Ping {
    /// A text message that is this.
    Text(String),
    /// A message that matches.
    Pattern(Regex),
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// An answer, and it says nothing else.
    Answer,
    /// An answer, and it may say more.
    AnswerBesides,
}

impl AnswerPlan {
    /// Reads the ping, which is a text or `< regex`.
    pub(crate) fn parse_ping(text: &str) -> Result<(), InvalidLine> {
        Ping::parse(text).map(drop)
    }

    /// Reads a ping and its answer, in which what the opening captures can stand.
    pub(crate) fn parse(given: &TextPing, opening: Option<&Script>) -> Result<Self, InvalidLine> {
        let captured = opening.map(Script::captured).unwrap_or_default();
        Ok(Self { ping: Ping::parse(&given.ping)?, pong: Said::parse(&given.pong, &captured)? })
    }

    /// What a message asks for.
    pub(crate) fn asked(&self, message: &Event<'_>) -> Asked {
        match (&self.ping, message) {
            (Ping::Text(ping), Event::Text(text)) if ping == text => Asked::Answer,
            (Ping::Pattern(pattern), Event::Text(_) | Event::Binary(_)) if pattern.is_match(message.payload()) => {
                Asked::AnswerBesides
            }
            _ => Asked::Nothing,
        }
    }

    /// The answer that is sent now.
    pub(crate) fn message(&self, values: &mut Values<'_>) -> Message {
        self.pong.message(values)
    }

    /// The secrets that the answer names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.pong.secrets()
    }
}

impl Ping {
    fn parse(text: &str) -> Result<Self, InvalidLine> {
        match text.strip_prefix("< ") {
            Some(pattern) => Ok(Self::Pattern(pattern_of(pattern)?)),
            None => Ok(Self::Text(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(ping: &str) -> AnswerPlan {
        let given = TextPing { ping: ping.to_owned(), pong: "pong".to_owned() };
        AnswerPlan::parse(&given, None).expect("a ping and its answer")
    }

    #[test]
    fn a_text_is_the_whole_message_and_a_pattern_may_be_part_of_any() {
        let text = |text: &'static str| Event::Text(text.into());
        let exact = plan("2");
        assert_eq!(exact.asked(&text("2")), Asked::Answer);
        assert_eq!(
            (exact.asked(&text("22")), exact.asked(&Event::Binary(b"2"[..].into()))),
            (Asked::Nothing, Asked::Nothing)
        );
        let pattern = plan(r"< (?:^|\r\n)PING\r\n");
        for message in ["PING\r\n", "MSG a 1 2\r\nhi\r\nPING\r\n"] {
            assert_eq!(pattern.asked(&Event::Binary(message.as_bytes().into())), Asked::AnswerBesides, "{message}");
            assert_eq!(pattern.asked(&text(message)), Asked::AnswerBesides, "{message}");
        }
        assert_eq!(pattern.asked(&text("MSG a 1 4\r\nPING\r")), Asked::Nothing);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert!(matches!(AnswerPlan::parse_ping("< ("), Err(InvalidLine::Pattern(_))));
        assert_eq!(AnswerPlan::parse_ping("("), Ok(()));
    }
}
