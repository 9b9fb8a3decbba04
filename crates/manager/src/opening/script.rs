//! The script of an opening, as people write it: one step a line.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use regex::bytes::{Regex, RegexBuilder};

use super::{
    mqtt::{InvalidPacket, Packet},
    template::{InvalidTemplate, Template, Values},
};
use crate::message::Message;
use wsmon_model::SecretReference;

/// How long an answer is waited for that says nothing else.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest that an answer can be waited for.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The most steps.
const MOST_STEPS: usize = 32;

/// The most bytes.
const LARGEST: usize = 16 * 1024;

/// The most memory that a compiled pattern takes, in bytes.
const PATTERN_SIZE: usize = 256 * 1024;

/// A message to send.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Text(Template),
    Binary(Vec<u8>),
    Mqtt(Packet),
}

/// A step of an opening.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// `> text`, `>64 BASE64` or `>mqtt PACKET`: sends a message.
    Send(Said),
    /// `< regex`: waits for a message that matches.
    Await { pattern: Regex, within: Duration },
}

/// The steps of an opening. Cheap to share, not to make: patterns are compiled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Vec<Step>);

/// The first line that is no step. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}: {why}")]
pub struct InvalidScript {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: InvalidLine,
}

/// What is wrong with a line of an opening. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    /// It begins with neither `>` nor `<`.
    #[error("A step begins with “>” and what to send, or with “<” and a pattern of the answer.")]
    Kind,
    /// Nothing to send.
    #[error("After “>” stands what to send.")]
    NothingToSend,
    /// Not base64.
    #[error("After “>64” stand bytes in base64.")]
    Base64,
    /// No packet of MQTT.
    #[error(transparent)]
    Mqtt(#[from] InvalidPacket),
    /// A time that is none, or too long.
    #[error("“<{0}” is no time to wait: write such as <30s or <500ms, at most <300s.")]
    Time(String),
    /// Nothing to wait for.
    #[error("After “<” stands a pattern of the answer: a regular expression.")]
    NoPattern,
    /// Not a regular expression.
    #[error("The pattern is no regular expression: {0}.")]
    Pattern(String),
    /// Not a template.
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
    /// Too many steps.
    #[error("An opening has at most {MOST_STEPS} steps.")]
    TooLong,
    /// Too much text.
    #[error("An opening has at most {} KiB.", LARGEST / 1024)]
    TooLarge,
}

impl Script {
    /// Reads a script. Lines that are empty are passed over.
    ///
    /// # Errors
    ///
    /// [`InvalidScript`] with the first line that is no step.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidScript> {
        if text.len() > LARGEST {
            return Err(InvalidScript { line: 1, why: InvalidLine::TooLarge });
        }
        let mut steps = Vec::new();
        let mut captured = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let invalid = |why| InvalidScript { line: index + 1, why };
            if steps.len() == MOST_STEPS {
                return Err(invalid(InvalidLine::TooLong));
            }
            let step = Step::parse(line, &captured).map_err(invalid)?;
            if let Step::Await { pattern, .. } = &step {
                captured.extend(pattern.capture_names().flatten().map(str::to_owned));
            }
            steps.push(step);
        }
        Ok(Self(steps))
    }

    pub(super) fn step(&self, index: usize) -> Option<&Step> {
        self.0.get(index)
    }

    /// The names of what it captures, which heartbeats can use as well.
    pub(crate) fn captured(&self) -> Vec<String> {
        let patterns = self.0.iter().filter_map(|step| match step {
            Step::Await { pattern, .. } => Some(pattern),
            Step::Send(_) => None,
        });
        patterns.flat_map(|pattern| pattern.capture_names().flatten().map(str::to_owned)).collect()
    }

    /// The secrets that it names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        let sent = self.0.iter().filter_map(|step| match step {
            Step::Send(said) => Some(said),
            Step::Await { .. } => None,
        });
        sent.flat_map(Said::secrets)
    }
}

impl Said {
    /// The bytes that a text gives as `>64 BASE64` or `>mqtt PACKET`; `None` if it is no such text.
    fn bytes(text: &str, captured: &[String]) -> Result<Option<Self>, InvalidLine> {
        let after = |mark| text.strip_prefix(mark).filter(|rest: &&str| rest.is_empty() || rest.starts_with(' '));
        if let Some(packet) = after(">mqtt") {
            return Ok(Some(Self::Mqtt(Packet::parse(packet, captured)?)));
        }
        let Some(base64) = after(">64") else { return Ok(None) };
        let bytes = BASE64_STANDARD.decode(base64.trim()).map_err(|_| InvalidLine::Base64)?;
        if bytes.is_empty() { Err(InvalidLine::NothingToSend) } else { Ok(Some(Self::Binary(bytes))) }
    }

    /// Reads a message that is no step: `>64 BASE64`, `>mqtt PACKET`, or else a template.
    pub(super) fn parse(text: &str, captured: &[String]) -> Result<Self, InvalidLine> {
        match Self::bytes(text, captured)? {
            Some(bytes) => Ok(bytes),
            None => Ok(Self::Text(Template::parse(text, captured)?)),
        }
    }

    /// The message that is sent now.
    pub(super) fn message(&self, values: &mut Values<'_>) -> Message {
        match self {
            Self::Text(template) => Message::text(template.render(values)),
            Self::Binary(bytes) => Message::binary(bytes.clone()),
            Self::Mqtt(packet) => Message::binary(packet.render(values)),
        }
    }

    /// The secrets that it names.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        let (template, packet) = match self {
            Self::Text(template) => (Some(template), None),
            Self::Mqtt(packet) => (None, Some(packet)),
            Self::Binary(_) => (None, None),
        };
        template.into_iter().flat_map(Template::secrets).chain(packet.into_iter().flat_map(Packet::secrets))
    }
}

impl Step {
    fn parse(line: &str, captured: &[String]) -> Result<Self, InvalidLine> {
        let line = line.trim_start();
        if let Some(bytes) = Said::bytes(line, captured)? {
            return Ok(Self::Send(bytes));
        }
        if let Some(text) = line.strip_prefix('>') {
            // Only the space that sets it off: what follows may begin with one.
            let text = text.strip_prefix(' ').unwrap_or(text);
            return if text.is_empty() {
                Err(InvalidLine::NothingToSend)
            } else {
                Ok(Self::Send(Said::Text(Template::parse(text, captured)?)))
            };
        }
        let rest = line.strip_prefix('<').ok_or(InvalidLine::Kind)?;
        let (time, pattern) = rest.split_once(' ').unwrap_or((rest, ""));
        let within = if time.is_empty() { PATIENCE } else { patience(time)? };
        if pattern.is_empty() {
            return Err(InvalidLine::NoPattern);
        }
        Ok(Self::Await { pattern: pattern_of(pattern)?, within })
    }
}

fn patience(text: &str) -> Result<Duration, InvalidLine> {
    let number = |digits: &str| digits.parse::<u64>().ok();
    // `ms` ends in `s` as well.
    let time = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => number(digits).map(Duration::from_millis),
        (None, Some(digits)) => number(digits).map(Duration::from_secs),
        (None, None) => None,
    };
    time.filter(|time| (Duration::from_millis(1)..=LONGEST).contains(time))
        .ok_or_else(|| InvalidLine::Time(text.to_owned()))
}

/// Compiles a regular expression that is matched against a message's bytes.
pub(crate) fn pattern_of(text: &str) -> Result<Regex, InvalidLine> {
    let compiled = RegexBuilder::new(text).size_limit(PATTERN_SIZE).build();
    compiled.map_err(|error| {
        // The library's message repeats the pattern over several lines, and says what is wrong in the last.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        InvalidLine::Pattern(last.trim_end_matches('.').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> InvalidScript {
        Script::parse(text).expect_err("refused")
    }

    #[test]
    fn a_script_is_a_step_a_line() {
        let text = "> {\"op\":\"auth\",\"token\":\"${secret:file:token}\"}\n\n< \"sid\":\"(?<sid>[^\"]+)\"\n  >64 AAEC\n<500ms \
                    ^ok$\n<2s .\n>  ${sid}";
        let script = Script::parse(text).expect("a script");
        assert_eq!(script.0.len(), 6);
        assert_eq!(script.captured(), ["sid"]);
        assert_eq!(script.secrets().map(ToString::to_string).collect::<Vec<_>>(), ["file:token"]);
        assert!(matches!(&script.0[2], Step::Send(Said::Binary(bytes)) if bytes == &[0, 1, 2]));
        let waits = script.0.iter().filter_map(|step| match step {
            Step::Await { within, .. } => Some(within.as_millis()),
            _ => None,
        });
        assert_eq!(waits.collect::<Vec<_>>(), [10_000, 500, 2_000]);
    }

    #[test]
    fn the_line_that_is_no_step_is_named() {
        assert_eq!(refused("> a\n\nhello"), InvalidScript { line: 3, why: InvalidLine::Kind });
        assert_eq!(refused("hello").to_string().find("Line 1: A step begins with “>”"), Some(0));
        for (line, why) in [
            (">", InvalidLine::NothingToSend),
            ("> ", InvalidLine::NothingToSend),
            (">64 ", InvalidLine::NothingToSend),
            (">64 %", InvalidLine::Base64),
            (">mqtt", InvalidLine::Mqtt(InvalidPacket::Unknown)),
            ("<", InvalidLine::NoPattern),
            ("<5s", InvalidLine::NoPattern),
            ("<5 x", InvalidLine::Time("5".to_owned())),
            ("<0s x", InvalidLine::Time("0s".to_owned())),
            ("<301s x", InvalidLine::Time("301s".to_owned())),
            ("<\"ok\" x", InvalidLine::Time("\"ok\"".to_owned())),
        ] {
            assert_eq!(refused(line).why, why, "{line}");
        }
        assert_eq!(refused("< (").why, InvalidLine::Pattern("unclosed group".to_owned()));
        assert!(refused("< (a{900}){900}").to_string().contains("size limit"));
        assert!(matches!(refused("> ${sid}\n< (?<sid>.)").why, InvalidLine::Template(_)), "it comes later");
    }

    #[test]
    fn an_opening_has_a_bounded_number_of_steps() {
        assert!(Script::parse(&"> x\n".repeat(MOST_STEPS)).is_ok());
        assert_eq!(refused(&"> x\n".repeat(MOST_STEPS + 1)).why, InvalidLine::TooLong);
        assert_eq!(refused(&format!("> {}", "x".repeat(LARGEST))).why, InvalidLine::TooLarge);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r"([<>]|64|\$\{|\}|\(\?<a>|\)|[0-9a-z. é]|\n)*") {
            let _ = Script::parse(&text);
        }
    }
}
