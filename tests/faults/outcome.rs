//! What comes of a fault, and what a row of the matrix says should.

use std::ops::RangeInclusive;

use wsmon_model::{Cause, Connection, Event, EventKind, Evidence, Phase, Status};

use super::support::{FEED, name};

/// Milliseconds until the first attempt after a failure.
const BACKOFF_MS: RangeInclusive<i64> = 0..=500;

/// Milliseconds until a connection that is blocked is tried all the same.
const BLOCKED_MS: RangeInclusive<i64> = 300_000..=300_000;

/// What comes of a fault.
#[derive(Debug)]
pub struct Outcome {
    /// The connection as it was shown.
    pub connection: Connection,
    /// The events that were kept, newest first.
    pub events: Vec<Event>,
    /// What was kept of the latest failure.
    pub evidence: Option<Evidence>,
}

/// What should come of a fault.
#[derive(Clone)]
pub struct Expected {
    phase: Phase,
    cause: Cause,
    /// A part of the sentences for people.
    text: &'static str,
    code: Option<u16>,
    retry_ms: Option<RangeInclusive<i64>>,
    opened: bool,
}

impl Expected {
    /// Tried again after the backoff.
    pub fn waiting(cause: Cause, text: &'static str) -> Self {
        Self { phase: Phase::Waiting, cause, text, code: None, retry_ms: Some(BACKOFF_MS), opened: false }
    }

    /// Not tried again but rarely.
    pub fn blocked(cause: Cause, text: &'static str) -> Self {
        Self { phase: Phase::Blocked, retry_ms: Some(BLOCKED_MS), ..Self::waiting(cause, text) }
    }

    /// Not tried again.
    pub fn off(cause: Cause, text: &'static str) -> Self {
        Self { phase: Phase::Off, retry_ms: None, ..Self::waiting(cause, text) }
    }

    /// It was connected before.
    pub fn once_open(self) -> Self {
        Self { opened: true, ..self }
    }

    /// The server's close frame gave this code.
    pub fn code(self, code: Option<u16>) -> Self {
        Self { code, ..self }
    }

    /// Milliseconds until the next attempt.
    pub fn retry_ms(self, range: RangeInclusive<i64>) -> Self {
        Self { retry_ms: Some(range), ..self }
    }

    /// What the event is that tells of it.
    fn kind(&self) -> EventKind {
        match (self.phase, self.opened) {
            (Phase::Blocked, _) => EventKind::Blocked,
            (_, true) => EventKind::Disconnected,
            (_, false) => EventKind::AttemptFailed,
        }
    }
}

impl Outcome {
    /// Compares what is shown and what is kept with what should be.
    #[track_caller]
    pub fn check(&self, expected: &Expected) {
        let shown = &self.connection;
        let text = shown.cause_text.as_deref().unwrap_or_default();
        assert!(text.contains(expected.text) && text.ends_with('.'), "“{text}”, not “{}”", expected.text);
        assert_eq!((shown.status(), shown.phase), (Status::Disconnected, expected.phase), "{text}");
        assert_eq!((shown.cause, shown.close_code), (Some(expected.cause), expected.code), "{text}");
        let wait_ms = shown.next_retry_ms.map(|at_ms| at_ms - shown.since_ms);
        let as_expected = match (&expected.retry_ms, wait_ms) {
            (Some(range), Some(wait_ms)) => range.contains(&wait_ms),
            (range, wait_ms) => range.is_none() && wait_ms.is_none(),
        };
        assert!(as_expected, "{wait_ms:?} ms, not {:?}: {text}", expected.retry_ms);

        let last = self.events.first().expect("an event");
        let told = Event {
            endpoint: name(FEED),
            at_ms: last.at_ms,
            kind: expected.kind(),
            layer: shown.layer,
            cause: shown.cause,
            close_code: shown.close_code,
            attempt: shown.attempt,
            text: text.to_owned(),
        };
        assert_eq!(last, &told);
        assert!((0..1_000).contains(&(shown.since_ms - last.at_ms)), "{shown:?} {last:?}");
        assert!(shown.attempt > 0, "{shown:?}");
        let opened = self.events.iter().any(|event| event.kind == EventKind::Connected);
        assert_eq!(opened, expected.opened, "{:?}", self.events);
    }
}
