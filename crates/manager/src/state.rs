//! What is known of a connection at one moment.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::{
    counts::{Counts, Timings},
    failure::Failure,
    freshness::FreshnessConfig,
    message::Publisher,
    options::CheckedOptions,
    silences::Silences,
};
use crate::clock::unix_ms;
use wsmon_model::{Attempt, Phase, Status};

/// When a connection is tried again. By a clock that does not jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRetry {
    /// At a time of its own.
    At(Instant),
    /// When the gate to its host lets it: with the host's next probe while the host fails, else as
    /// soon as its turn comes.
    AtGate,
}

/// The state of a connection. Only the connection's task writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    /// What it does and what comes next.
    pub phase: Phase,
    /// Since when.
    pub since: SystemTime,
    /// Whether an administrator wants it up.
    pub on: bool,
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: bool,
    /// Failures in a row, so the number of the retry under way or next; 0 at first.
    pub attempt: u32,
    /// When the next attempt starts.
    pub next_retry: Option<NextRetry>,
    /// Why it is not up; none while connected or when an administrator turned it off.
    pub failure: Option<Arc<Failure>>,
    /// How the last attempt that has ended went.
    pub last_attempt: Option<Arc<Attempt>>,
    /// What differs for it.
    pub options: Arc<CheckedOptions>,
}

/// What a connection's task shares with everybody who looks at it. The counts belong to the
/// endpoint, not to one socket's life, and never fall.
#[derive(Debug)]
pub(super) struct Shared {
    born: Instant,
    /// When the connection was opened or last brought a message, in milliseconds since `born`: by a
    /// clock that does not jump, as silence is measured by it.
    active_ms: AtomicU64,
    pub(super) publisher: Publisher,
    pub(super) counts: Counts,
    pub(super) silences: Silences,
    messages_received: AtomicU64,
    bytes_received: AtomicU64,
    last_message_ms: AtomicI64,
    /// The last round trip plus one, so that 0 says that there was none.
    rtt_ms_plus_one: AtomicU32,
    /// The status, and in `SWITCH` whether auto reconnect is on: a copy of what the list filters and sorts by, to be read
    /// of every connection without locking each one's state.
    listed: AtomicU8,
}

/// The bit of `listed` that is the switch.
const SWITCH: u8 = 1 << 7;

impl Shared {
    pub(super) fn new(timings: &Arc<Timings>, freshness: &FreshnessConfig) -> Self {
        Self {
            born: Instant::now(),
            active_ms: AtomicU64::default(),
            publisher: Publisher::default(),
            counts: Counts::new(timings),
            silences: Silences::new(freshness),
            messages_received: AtomicU64::default(),
            bytes_received: AtomicU64::default(),
            last_message_ms: AtomicI64::default(),
            rtt_ms_plus_one: AtomicU32::default(),
            listed: AtomicU8::default(),
        }
    }

    /// The state has changed. Only the connection's task says so, before anybody sees the new state.
    pub(super) fn set_listed(&self, state: &ConnectionState) {
        let switch = if state.auto_reconnect { SWITCH } else { 0 };
        self.listed.store(state.phase.status() as u8 | switch, Relaxed);
    }

    pub(super) fn status(&self) -> Status {
        match self.listed.load(Relaxed) & !SWITCH {
            status if status == Status::Disconnected as u8 => Status::Disconnected,
            status if status == Status::Connecting as u8 => Status::Connecting,
            _ => Status::Connected,
        }
    }

    pub(super) fn auto_reconnect(&self) -> bool {
        self.listed.load(Relaxed) & SWITCH != 0
    }

    /// The connection was opened, or brought a message.
    pub(super) fn record_activity(&self, now: Instant) {
        let ms = now.saturating_duration_since(self.born).as_millis();
        self.active_ms.store(u64::try_from(ms).unwrap_or(u64::MAX), Relaxed);
    }

    /// When the connection was opened or last brought a message.
    pub(super) fn active_at(&self) -> Instant {
        self.born + Duration::from_millis(self.active_ms.load(Relaxed))
    }

    /// Counts messages, and the bytes of their payloads; with a time, some of them have brought news by then.
    pub(super) fn count_received(&self, messages: u64, bytes: u64, news_at: Option<SystemTime>) {
        self.messages_received.fetch_add(messages, Relaxed);
        self.bytes_received.fetch_add(bytes, Relaxed);
        if let Some(at) = news_at {
            self.last_message_ms.store(unix_ms(at), Relaxed);
        }
    }

    pub(super) fn set_rtt(&self, rtt: Option<Duration>) {
        if let Some(rtt) = rtt {
            self.counts.timings.ping_rtt.observe(rtt);
        }
        let ms = rtt.map(|rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX - 1));
        self.rtt_ms_plus_one.store(ms.map_or(0, |ms| ms + 1), Relaxed);
    }

    pub(super) fn messages_received(&self) -> u64 {
        self.messages_received.load(Relaxed)
    }

    pub(super) fn bytes_received(&self) -> u64 {
        self.bytes_received.load(Relaxed)
    }

    pub(super) fn last_message_ms(&self) -> Option<i64> {
        Some(self.last_message_ms.load(Relaxed)).filter(|&ms| ms != 0)
    }

    pub(super) fn rtt_ms(&self) -> Option<u32> {
        self.rtt_ms_plus_one.load(Relaxed).checked_sub(1)
    }
}
