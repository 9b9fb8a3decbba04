//! What is counted and timed, for whoever draws curves of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use strum::VariantArray;
use wsmon_model::{Cause, EndpointId, Phase};

use super::histogram::Histogram;

/// Why open connections ended: the causes that have a [`slot`].
const ENDS: usize = 10;

/// Where it is counted that an open connection ended for a cause, or on an administrator's word. Most causes only keep attempts
/// from succeeding; a count of those would take room with every connection.
const fn slot(cause: Option<Cause>) -> Option<usize> {
    Some(match cause {
        None => 0,
        Some(Cause::ConnectionLost) => 1,
        Some(Cause::ClosedByPeer) => 2,
        Some(Cause::PongTimeout) => 3,
        Some(Cause::HeartbeatUnanswered) => 4,
        Some(Cause::ProtocolError) => 5,
        Some(Cause::Silent) => 6,
        Some(Cause::LocalResources) => 7,
        Some(Cause::InternalError) => 8,
        // An answer that is longer than the write buffer.
        Some(Cause::InvalidOptions) => 9,
        Some(
            Cause::DnsFailure
            | Cause::ConnectionRefused
            | Cause::Unreachable
            | Cause::HandshakeTimeout
            | Cause::TlsFailure
            | Cause::HttpStatus
            | Cause::ProxyUnreachable
            | Cause::ProxyAuth
            | Cause::ProxyRefused
            | Cause::TokenRefused
            | Cause::TokenUnavailable
            | Cause::InvalidHandshake
            | Cause::SubprotocolMismatch
            | Cause::OpeningFailed
            | Cause::UnusableCertificate
            | Cause::ServiceNotConfigured,
        ) => return None,
    })
}

/// The word for an end that an administrator asked for.
pub const ASKED: &str = "requested";

/// How long handshakes and pings took, over all connections.
#[derive(Clone, Debug)]
pub struct Timings {
    /// From the name's resolution to the answer to the upgrade, of attempts that succeeded.
    pub handshake: Histogram,
    /// From a ping to its pong.
    pub ping_rtt: Histogram,
}

impl Default for Timings {
    fn default() -> Self {
        // From a millisecond, and from a quarter of one, to beyond the deadlines.
        let handshake = Histogram::doubling(Duration::from_millis(1), 14);
        Self { handshake, ping_rtt: Histogram::doubling(Duration::from_micros(250), 16) }
    }
}

/// What is counted of one endpoint. It belongs to the endpoint, not to one socket's life, and never
/// falls.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) timings: Arc<Timings>,
    // An attempt takes a wait: 32 bits are centuries, and half of the memory.
    attempts: [AtomicU32; 2],
    ends: [AtomicU32; ENDS],
    messages_sent: AtomicU64,
    bytes_sent: AtomicU64,
}

impl Counts {
    pub(super) fn new(timings: &Arc<Timings>) -> Self {
        Self { timings: Arc::clone(timings), ..Self::default() }
    }

    pub(super) fn count_success(&self, took: Duration) {
        self.timings.handshake.observe(took);
        self.attempts[1].fetch_add(1, Relaxed);
    }

    pub(super) fn count_failure(&self) {
        self.attempts[0].fetch_add(1, Relaxed);
    }

    /// Counts the end of an open connection; `None` if an administrator ended it.
    pub(super) fn count_end(&self, cause: Option<Cause>) {
        let slot = slot(cause);
        debug_assert!(slot.is_some(), "{cause:?} ends no open connection");
        if let Some(slot) = slot {
            self.ends[slot].fetch_add(1, Relaxed);
        }
    }

    pub(super) fn count_sent(&self, bytes: usize) {
        self.messages_sent.fetch_add(1, Relaxed);
        self.bytes_sent.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn sample(&self) -> Sampled {
        Sampled {
            attempts_failed: self.attempts[0].load(Relaxed).into(),
            attempts_succeeded: self.attempts[1].load(Relaxed).into(),
            ends: std::array::from_fn(|index| self.ends[index].load(Relaxed).into()),
            messages_sent: self.messages_sent.load(Relaxed),
            bytes_sent: self.bytes_sent.load(Relaxed),
        }
    }
}

/// The counts of one endpoint at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Sampled {
    /// Attempts that failed.
    pub attempts_failed: u64,
    /// Attempts that succeeded.
    pub attempts_succeeded: u64,
    /// Data messages sent.
    pub messages_sent: u64,
    /// Their payload, in bytes.
    pub bytes_sent: u64,
    ends: [u64; ENDS],
}

impl Sampled {
    /// How often an open connection ended, by the word for why: a [`Cause`]'s, or `requested`.
    pub fn ends(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let causes = Cause::VARIANTS.iter().copied().map(Some).chain([None]);
        causes.map(|cause| (cause.map_or(ASKED, Cause::as_str), slot(cause).map_or(0, |slot| self.ends[slot])))
    }
}

/// One endpoint at one moment, for a metric's sake.
#[derive(Clone, Debug)]
pub struct EndpointSample {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// What it does and what comes next.
    pub phase: Phase,
    /// Whether an administrator wants it up.
    pub on: bool,
    /// Whether it is connected and has brought no message for longer than its options allow, or, without a word of theirs,
    /// for far longer than is usual for it.
    pub stale: bool,
    /// Since when it has been in this phase.
    pub since: SystemTime,
    /// When the next attempt starts, in Unix milliseconds.
    pub next_retry_ms: Option<i64>,
    /// Data messages received.
    pub messages_received: u64,
    /// Their payload, in bytes.
    pub bytes_received: u64,
    /// When the last of them came, in Unix milliseconds.
    pub last_message_ms: Option<i64>,
    /// Everything else that is counted.
    pub counts: Sampled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_that_ends_connections_has_its_own_count_and_the_others_have_none() {
        let counts = Counts::default();
        let of_open: Vec<_> = Cause::VARIANTS.iter().copied().filter(|cause| slot(Some(*cause)).is_some()).collect();
        assert_eq!(of_open.len() + 1, ENDS);
        for (index, cause) in of_open.iter().copied().enumerate() {
            (0..=index).for_each(|_| counts.count_end(Some(cause)));
        }
        counts.count_end(None);
        let sampled = counts.sample();
        assert_eq!(sampled.ends().count(), Cause::VARIANTS.len() + 1);
        for (word, count) in sampled.ends() {
            let index = of_open.iter().position(|cause| cause.as_str() == word);
            assert_eq!(count, index.map_or(u64::from(word == ASKED), |index| index as u64 + 1), "{word}");
        }
    }
}
