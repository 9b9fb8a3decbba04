//! An opening under way.

use std::{collections::HashMap, sync::Arc, time::Duration};

use regex::bytes::Captures;

use super::{
    script::{Script, Step},
    template::Values,
};
use crate::{message::Message, secrets::Secrets};
use wsmon_model::{OpeningFault, PeerText};

/// The longest text that is captured, in bytes: it is kept, and sent as often as the script says.
const LONGEST_CAPTURED: usize = 4 * 1024;

/// An opening under way.
pub(crate) struct Run {
    script: Arc<Script>,
    /// The index of the step under way.
    at: usize,
    captured: HashMap<String, String>,
    /// The last message that came and did not match.
    instead: Option<PeerText>,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// To send this message.
    Send(Message),
    /// To wait for a message that [`Run::receive`] takes, no longer than this.
    Await(Duration),
    /// Nothing: the opening has ended.
    Opened,
}

impl Run {
    pub(crate) fn new(script: Arc<Script>) -> Self {
        Self { script, at: 0, captured: HashMap::new(), instead: None }
    }

    /// What comes next. After a message to send, the step after it.
    pub(crate) fn next(&mut self, secrets: &Secrets, now_ms: i64, random: &mut dyn FnMut() -> u128) -> Next {
        let message = match self.script.step(self.at) {
            None => return Next::Opened,
            Some(Step::Await { within, .. }) => return Next::Await(*within),
            Some(Step::Send(said)) => said.message(&mut Values { secrets, captured: &self.captured, now_ms, random }),
        };
        self.at += 1;
        Next::Send(message)
    }

    /// Takes a message that has come. Returns whether it is what was waited for.
    pub(crate) fn receive(&mut self, message: &[u8], secrets: &Secrets) -> bool {
        let Some(Step::Await { pattern, .. }) = self.script.step(self.at) else { return false };
        let fits = |found: &Captures<'_>| found.iter().skip(1).flatten().all(|part| part.len() <= LONGEST_CAPTURED);
        let Some(found) = pattern.captures(message).filter(fits) else {
            // A heartbeat, such as STOMP's line feed, is nothing that the service says of the opening.
            if !message.trim_ascii().is_empty() {
                self.instead = Some(shown(message, secrets));
            }
            return false;
        };
        for name in pattern.capture_names().flatten() {
            let value = found.name(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            self.captured.insert(name.to_owned(), value.unwrap_or_default());
        }
        self.at += 1;
        self.instead = None;
        true
    }

    /// What it captured.
    pub(crate) fn into_captured(self) -> HashMap<String, String> {
        self.captured
    }

    /// What was waited for when the opening failed, and what came instead.
    pub(crate) fn fault(&self) -> OpeningFault {
        let expected = match self.script.step(self.at) {
            Some(Step::Await { pattern, .. }) => Some(PeerText::new(pattern.as_str())),
            _ => None,
        };
        OpeningFault { step: u32::try_from(self.at + 1).unwrap_or(u32::MAX), expected, instead: self.instead.clone() }
    }
}

/// What a service said instead. It may repeat the secrets that it was sent. Bytes that are no text are shown as numbers.
fn shown(message: &[u8], secrets: &Secrets) -> PeerText {
    let text = String::from_utf8_lossy(message);
    let masked = secrets.mask(&text);
    // What ends messages of STOMP, SignalR and NATS.
    let ended = masked.trim_end_matches(['\0', '\u{1e}', '\r', '\n']);
    let lines: Vec<_> = ended.split(['\r', '\n']).filter(|line| !line.is_empty()).collect();
    let is_text = |c: char| c == '\t' || !(c.is_control() || c == char::REPLACEMENT_CHARACTER);
    if masked != text || lines.iter().all(|line| line.chars().all(is_text)) {
        return PeerText::new(&lines.join(" "));
    }
    let bytes: Vec<_> = message.iter().take(PeerText::MAX_CHARS).map(|byte| format!("{byte:02x}")).collect();
    PeerText::new(&format!("bytes {}", bytes.join(" ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(text: &str) -> Run {
        Run::new(Arc::new(Script::parse(text).expect("a script")))
    }

    fn text(text: &str) -> Next {
        Next::Send(Message::text(text))
    }

    fn next(run: &mut Run) -> Next {
        run.next(&Secrets::default(), 7, &mut || 0)
    }

    fn receive(run: &mut Run, message: &[u8]) -> bool {
        run.receive(message, &Secrets::default())
    }

    #[test]
    fn steps_follow_one_another_and_captures_are_sent() {
        let mut run = run("> hello ${now_ms}\n< \"sid\":\"(?<sid>\\w+)\"\n> ${sid}!\n>64 AAE=\n<5s ^ok");
        assert_eq!(next(&mut run), text("hello 7"));
        assert_eq!(next(&mut run), Next::Await(Duration::from_secs(10)));
        assert!(!receive(&mut run, b"{\"welcome\":1}"));
        assert_eq!(next(&mut run), Next::Await(Duration::from_secs(10)), "it waits on");
        assert!(receive(&mut run, b"{\"sid\":\"a1\"}"));
        assert_eq!(next(&mut run), text("a1!"));
        assert_eq!(next(&mut run), Next::Send(Message::binary(vec![0, 1])));
        assert_eq!(next(&mut run), Next::Await(Duration::from_secs(5)));
        assert!(receive(&mut run, b"ok"));
        assert_eq!(next(&mut run), Next::Opened);
    }

    #[test]
    fn a_fault_says_what_was_expected_and_what_came_instead() {
        let mut run = run("> hello\n< \"type\":\"welcome\"");
        next(&mut run);
        let expected = Some(PeerText::new("\"type\":\"welcome\""));
        assert_eq!(run.fault(), OpeningFault { step: 2, expected: expected.clone(), instead: None });
        receive(&mut run, b"{\"error\":\"bad token\"}\x1e");
        let instead = Some(PeerText::new("{\"error\":\"bad token\"}"));
        assert_eq!(run.fault(), OpeningFault { step: 2, expected, instead });
    }

    #[test]
    fn a_heartbeat_is_not_what_came_instead() {
        let mut run = run("<3s ^CONNECTED");
        next(&mut run);
        receive(&mut run, b"ERROR\nmessage:Access refused\n\n\0");
        receive(&mut run, b"\n");
        assert_eq!(run.fault().instead, Some(PeerText::new("ERROR message:Access refused")));
    }

    #[test]
    fn bytes_that_are_no_text_are_told_as_numbers() {
        let mut run = run(r"< ^\x20\x02\x00\x00");
        receive(&mut run, &[0x20, 2, 0, 5]);
        assert_eq!(run.fault().instead, Some(PeerText::new("bytes 20 02 00 05")));
    }

    #[test]
    fn what_is_captured_is_bounded() {
        let mut run = run("< ^(?<all>.+)$");
        assert!(!receive(&mut run, &[b'x'; LONGEST_CAPTURED + 1]));
        assert!(receive(&mut run, &[b'x'; LONGEST_CAPTURED]));
    }

    #[tokio::test]
    async fn what_repeats_a_secret_is_told_without_it() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("token"), "s3cret-t0ken\n").expect("written");
        let script = Arc::new(Script::parse("> ${secret:file:token}\n< welcome").expect("a script"));
        let directory = crate::SecretsDir::new(directory.path()).expect("there");
        let secrets = Secrets::read(script.secrets().cloned(), Some(&directory)).await.expect("read");
        let mut run = Run::new(script);
        assert_eq!(run.next(&secrets, 7, &mut || 0), text("s3cret-t0ken"));
        assert!(!run.receive(b"unknown token s3cret-t0ken", &secrets));
        assert_eq!(run.fault().instead, Some(PeerText::new("unknown token ••••••")));
    }

    proptest! {
        /// Whatever comes, a step is under way that exists, and the fault names it.
        #[test]
        fn no_answer_leaves_it_between_steps(
            lines in prop::collection::vec(r"(> a\$\{uuid\}|>64 AAE=|>mqtt ping|< b|<30s \(\?<c>\.\))", 0..8),
            messages in prop::collection::vec(prop_oneof!["[abc]{0,2}".prop_map(String::into_bytes), any::<Vec<u8>>()], 0..32),
        ) {
            let mut run = run(&lines.join("\n"));
            for message in messages {
                while let Next::Send(_) = next(&mut run) {}
                let fault = run.fault();
                prop_assert!((1..=lines.len() + 1).contains(&fault.step.try_into().expect("small")));
                prop_assert_eq!(fault.expected.is_some(), fault.step as usize <= lines.len());
                let waits = matches!(next(&mut run), Next::Await(_));
                prop_assert!(waits || !receive(&mut run, &message), "without a step that waits nothing is taken");
                receive(&mut run, &message);
            }
        }
    }
}
