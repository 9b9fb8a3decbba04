//! When a host that fails is probed: one probe at a time, further and further apart. Pure, told the time.

use std::time::Duration;

use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::ticket::Ticket;
use crate::backoff::Backoff;

/// The longest wait between two probes of a host with many waiting endpoints.
const EAGER_PROBE: Duration = Duration::from_secs(2);

/// The first ceiling of a probe's wait, and the longest wait with one endpoint waiting.
const PROBE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// The probes of a host.
pub(super) struct Probing {
    failures: u32,
    due: Instant,
    under_way: Option<Ticket>,
}

impl Probing {
    /// Begins after a failure, with that many waiting.
    pub(super) fn begin(waiting: usize, not_before: Duration, now: Instant, rng: &mut SmallRng) -> Self {
        let mut probing = Self { failures: 0, due: now, under_way: None };
        probing.failed(waiting, not_before, now, rng);
        probing
    }

    /// When the next probe may begin; none while one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        self.under_way.is_none().then_some(self.due)
    }

    pub(super) fn is(&self, ticket: Ticket) -> bool {
        self.under_way == Some(ticket)
    }

    pub(super) fn began(&mut self, ticket: Ticket) {
        self.under_way = Some(ticket);
    }

    pub(super) fn ended(&mut self, ticket: Ticket) {
        self.under_way.take_if(|probe| *probe == ticket);
    }

    /// The probe failed: schedules the next one, not before the time that was asked for.
    pub(super) fn failed(&mut self, waiting: usize, not_before: Duration, now: Instant, rng: &mut SmallRng) {
        self.failures = self.failures.saturating_add(1);
        // One endpoint may be told to wait an hour; the others need not believe that it is meant for them.
        let not_before = not_before.min(PROBE.1);
        self.due = now + backoff(waiting).delay(self.failures, rng).max(not_before);
    }
}

/// A host is probed about as often as its waiting endpoints would try it by themselves, but no more
/// often than once a second in the mean.
fn backoff(waiting: usize) -> Backoff {
    let (base, longest) = PROBE;
    let share = longest / u32::try_from(waiting).unwrap_or(u32::MAX).max(1);
    Backoff::new(base, share.clamp(EAGER_PROBE, longest)).expect("the base is below every cap")
}
