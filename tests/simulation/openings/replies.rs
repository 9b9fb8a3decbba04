//! What a server says after the upgrade, and how far it brings an opening.

use proptest::prelude::*;

use super::script::Script;

/// What a server says next.
#[derive(Clone, Debug)]
pub enum Reply {
    /// What the step under way waits for, in so many pieces with a ping between them.
    Fitting(usize),
    Text(String),
    Binary(Vec<u8>),
    /// Text that is not UTF-8.
    InvalidText,
    Ping(Vec<u8>),
    Pong,
    /// With a code or none, and a reason.
    Close(Option<(u16, String)>),
    /// Bytes that are mostly no frame.
    Nonsense(Vec<u8>),
}

impl Reply {
    pub fn any() -> impl Strategy<Value = Self> {
        let code = prop::sample::select(vec![0_u16, 1_000, 1_001, 1_005, 1_008, 3_000, 4_401, 4_999]);
        prop_oneof![
            12 => (1..4_usize).prop_map(Self::Fitting),
            3 => "(error: no|\\{\"sid\":\"|é保守|[ -~]){0,3}".prop_map(Self::Text),
            3 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Self::Binary),
            2 => prop::collection::vec(any::<u8>(), 0..125).prop_map(Self::Ping),
            1 => Just(Self::Pong),
            1 => Just(Self::InvalidText),
            1 => prop::option::of((code, "[a-zé]{0,30}")).prop_map(Self::Close),
            1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Self::Nonsense),
        ]
    }

    /// Whether it is a message that can be read, or a ping or a pong; what comes after anything else is not looked at.
    pub fn goes_on(&self) -> bool {
        !matches!(self, Self::InvalidText | Self::Close(_) | Self::Nonsense(_))
    }
}

/// All that a server says after the upgrade.
#[derive(Debug)]
pub struct Said {
    pub bytes: Vec<u8>,
    /// After so many bytes the step is under way that is named here; `None` once the opening has ended.
    steps: Vec<(usize, Option<usize>)>,
}

impl Said {
    /// What replies come to, to a script.
    pub fn new(script: &Script, replies: &[Reply]) -> Self {
        let mut at = script.next_awaited(0);
        let mut said = Self { bytes: Vec::new(), steps: vec![(0, at)] };
        let mut is_read = true;
        for reply in replies {
            let awaited = at.and_then(|at| script.awaited(at));
            let fitting = awaited.map_or(&b"news"[..], |awaited| awaited.answer);
            let message = said.push(reply, fitting);
            is_read &= reply.goes_on();
            if let (true, Some(step), Some(awaited), Some(message)) = (is_read, at, awaited, message)
                && (awaited.takes)(&message)
            {
                at = script.next_awaited(step + 1);
                said.steps.push((said.bytes.len(), at));
            }
        }
        said
    }

    /// The step under way, by its index, once so many bytes have come.
    pub fn step_after(&self, bytes: usize) -> Option<usize> {
        self.steps.iter().rev().find(|(from, _)| *from <= bytes).and_then(|(_, step)| *step)
    }

    /// Appends the frames of a reply (RFC 6455 section 5.2); gives the message, if it is one.
    fn push(&mut self, reply: &Reply, fitting: &[u8]) -> Option<Vec<u8>> {
        const FIN: u8 = 0x80;
        match reply {
            Reply::Fitting(pieces) => {
                // Fragments of text may cut a character in two.
                let opcode = if std::str::from_utf8(fitting).is_ok() { 1 } else { 2 };
                let size = fitting.len().div_ceil(*pieces).max(1);
                let chunks: Vec<_> = if fitting.is_empty() { vec![fitting] } else { fitting.chunks(size).collect() };
                for (index, chunk) in chunks.iter().enumerate() {
                    let fin = if index + 1 == chunks.len() { FIN } else { 0 };
                    self.frame(fin | if index == 0 { opcode } else { 0 }, chunk);
                    if fin == 0 {
                        self.frame(FIN | 9, b"between");
                    }
                }
                return Some(fitting.to_vec());
            }
            Reply::Text(text) => {
                self.frame(FIN | 1, text.as_bytes());
                return Some(text.as_bytes().to_vec());
            }
            Reply::Binary(bytes) => {
                self.frame(FIN | 2, bytes);
                return Some(bytes.clone());
            }
            Reply::InvalidText => self.frame(FIN | 1, b"welcome \xff"),
            Reply::Ping(payload) => self.frame(FIN | 9, payload),
            Reply::Pong => self.frame(FIN | 10, b"unasked"),
            Reply::Close(None) => self.frame(FIN | 8, b""),
            Reply::Close(Some((code, reason))) => {
                self.frame(FIN | 8, &[&code.to_be_bytes(), reason.as_bytes()].concat());
            }
            Reply::Nonsense(bytes) => self.bytes.extend(bytes),
        }
        None
    }

    fn frame(&mut self, first: u8, payload: &[u8]) {
        self.bytes.push(first);
        match u8::try_from(payload.len()) {
            Ok(length @ ..=125) => self.bytes.push(length),
            _ => {
                let length = u16::try_from(payload.len()).expect("short");
                self.bytes.push(126);
                self.bytes.extend(length.to_be_bytes());
            }
        }
        self.bytes.extend(payload);
    }
}
