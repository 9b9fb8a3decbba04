//! Openings as people write them, and what each step takes for an answer.

use std::time::Duration;

use proptest::prelude::*;

/// A step that waits: its pattern, an answer that matches, and whether a message does.
#[derive(Debug)]
pub struct Awaited {
    pub pattern: &'static str,
    pub answer: &'static [u8],
    pub takes: fn(&[u8]) -> bool,
}

const AWAITED: [Awaited; 5] = [
    Awaited { pattern: "^welcome", answer: b"welcome ann", takes: |message| message.starts_with(b"welcome") },
    Awaited { pattern: "\"sid\":\"(?<sid>[^\"]+)\"", answer: b"{\"sid\":\"\xc3\xa97\"}", takes: has_sid },
    Awaited { pattern: r"(?-u)^\x20\x02[\x00\x01]\x00", answer: b"\x20\x02\x00\x00", takes: is_connack },
    Awaited { pattern: "(?s-u)^(?<all>.*)$", answer: b"", takes: |_| true },
    Awaited { pattern: "^never$", answer: b"never", takes: |message| message == b"never" },
];

fn has_sid(message: &[u8]) -> bool {
    let Some(at) = message.windows(7).position(|window| window == b"\"sid\":\"") else { return false };
    let value = message[at + 7..].split(|byte| *byte == b'"').next().unwrap_or_default();
    // The pattern's class matches characters only.
    !value.is_empty() && value.len() < message.len() - at - 7 && std::str::from_utf8(value).is_ok()
}

fn is_connack(message: &[u8]) -> bool {
    matches!(message, [0x20, 2, 0 | 1, 0, ..])
}

/// What can be sent whatever came before.
const SENT: [&str; 10] = [
    "> hello",
    ">  ",
    "> {\"id\":\"${uuid}\",\"at\":${now_ms},\"price\":\"$${x}\"}",
    "> auth ${secret:file:token}${cr}${lf}${rs}${nul}",
    ">64 AAEC/w==",
    ">mqtt connect keep_alive=7 client=${uuid} user=ann password=${secret:file:token}",
    ">mqtt subscribe a/# b",
    ">mqtt ping",
    "> é保守✅",
    "> lost ${secret:file:gone}",
];

/// Which of these cannot be sent, as its secret cannot be read.
const UNREADABLE: usize = SENT.len() - 1;

#[derive(Clone, Copy, Debug)]
enum Line {
    Send(usize),
    /// What an earlier step captured, if one did.
    SendCaptured,
    /// What is waited for, and how long: an index of each.
    Await(usize, usize),
}

const TIMES: [(&str, Duration); 4] = [
    ("", Duration::from_secs(10)),
    ("500ms", Duration::from_millis(500)),
    ("3s", Duration::from_secs(3)),
    ("30s", Duration::from_secs(30)),
];

/// The script of an opening.
#[derive(Clone, Debug)]
pub struct Script(Vec<Line>);

impl Script {
    /// Any one, of at least one step. Most have no secret that cannot be read.
    pub fn any() -> impl Strategy<Value = Self> {
        let line = prop_oneof![
            30 => (0..UNREADABLE).prop_map(Line::Send),
            5 => Just(Line::SendCaptured),
            1 => Just(Line::Send(UNREADABLE)),
            40 => (0..AWAITED.len(), 0..TIMES.len()).prop_map(|(awaited, time)| Line::Await(awaited, time)),
        ];
        prop::collection::vec(line, 1..7).prop_map(Self)
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mut captured = None;
        let mut lines = Vec::new();
        for line in &self.0 {
            match line {
                Line::Send(sent) => lines.push(SENT[*sent].to_owned()),
                Line::SendCaptured => lines.push(captured.unwrap_or("> nothing yet").to_owned()),
                Line::Await(awaited, time) => {
                    let pattern = AWAITED[*awaited].pattern;
                    captured = match pattern {
                        _ if pattern.contains("<sid>") => Some("> subscribe ${sid}"),
                        _ if pattern.contains("<all>") => Some("> again ${all}"),
                        _ => captured,
                    };
                    lines.push(format!("<{} {pattern}", TIMES[*time].0));
                }
            }
        }
        lines.join("\n")
    }

    /// What a step waits for, by its index; `None` where it does not wait.
    pub fn awaited(&self, step: usize) -> Option<&'static Awaited> {
        match self.0.get(step) {
            Some(Line::Await(awaited, _)) => Some(&AWAITED[*awaited]),
            _ => None,
        }
    }

    /// The first step from this one on that waits; `None` if all has been said.
    pub fn next_awaited(&self, from: usize) -> Option<usize> {
        (from..self.0.len()).find(|&step| self.awaited(step).is_some())
    }

    /// Whether its secrets can be read.
    pub fn is_readable(&self) -> bool {
        !self.0.iter().any(|line| matches!(line, Line::Send(UNREADABLE)))
    }

    /// The longest that all its answers can be waited for.
    pub fn patience(&self) -> Duration {
        let times = self.0.iter().filter_map(|line| match line {
            Line::Await(_, time) => Some(TIMES[*time].1),
            _ => None,
        });
        times.sum()
    }
}
