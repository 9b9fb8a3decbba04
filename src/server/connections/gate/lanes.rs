//! Who may dial next: pure, told the time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::{GateConfig, Lane};
use crate::server::connections::{backoff::Backoff, failure::Failure};

/// How far admissions may fall behind their pace and still catch up: timers are that coarse.
const SLACK: Duration = Duration::from_millis(10);

/// How much slower than the rate admissions are paced, so that with the slack, and with what the
/// network adds, no second sees more than the rate.
const MARGIN: f64 = 1.02;

/// The longest wait between two probes of a host with many waiting endpoints.
const EAGER_PROBE: Duration = Duration::from_secs(2);

/// The first ceiling of a probe's wait, and the longest wait with one endpoint waiting.
const PROBE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// A host that endpoints are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostId(usize);

/// One admission, or the wait for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// A host that fails.
struct Trouble {
    failures: u32,
    probe_at: Instant,
    /// The probe under way.
    probe: Option<Ticket>,
    why: Arc<Failure>,
}

struct Host<W> {
    urgent: BTreeMap<Ticket, W>,
    queue: BTreeMap<Ticket, W>,
    trouble: Option<Trouble>,
    /// The endpoint whose attempt was the last of the host's to fail; it alone proves nothing.
    suspect: Option<u64>,
}

impl<W> Host<W> {
    fn may_admit(&self, now: Instant) -> bool {
        self.next_due(now).is_some_and(|due| due <= now)
    }

    /// When somebody may go: now without trouble, at the time of the next probe with it; none if
    /// nobody waits or a probe is under way.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        match &self.trouble {
            _ if !self.urgent.is_empty() => Some(now),
            _ if self.queue.is_empty() => None,
            None => Some(now),
            Some(Trouble { probe: Some(_), .. }) => None,
            Some(Trouble { probe_at, .. }) => Some(*probe_at),
        }
    }
}

/// The queues of all hosts, and what is known of each host's health.
///
/// `W` is whoever waits.
pub(super) struct Lanes<W> {
    hosts: Vec<Host<W>>,
    /// Whose turn it is, so that hosts share the rate.
    turn: usize,
    tickets: u64,
    in_flight: usize,
    most_in_flight: usize,
    interval: Duration,
    next_slot: Option<Instant>,
    rng: SmallRng,
}

impl<W> Lanes<W> {
    pub(super) fn new(config: &GateConfig, rng: SmallRng) -> Self {
        Self {
            hosts: Vec::new(),
            turn: 0,
            tickets: 0,
            in_flight: 0,
            most_in_flight: config.in_flight.get() as usize,
            interval: Duration::from_secs_f64(MARGIN / f64::from(config.rate.get())),
            next_slot: None,
            rng,
        }
    }

    pub(super) fn add_host(&mut self) -> HostId {
        self.hosts.push(Host { urgent: BTreeMap::new(), queue: BTreeMap::new(), trouble: None, suspect: None });
        HostId(self.hosts.len() - 1)
    }

    /// Joins a lane.
    pub(super) fn enter(&mut self, host: HostId, lane: Lane, waiter: W) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let host = &mut self.hosts[host.0];
        match lane {
            Lane::Urgent => host.urgent.insert(ticket, waiter),
            Lane::Queue => host.queue.insert(ticket, waiter),
        };
        ticket
    }

    /// Leaves a lane before the turn came.
    pub(super) fn leave(&mut self, host: HostId, ticket: Ticket) {
        let host = &mut self.hosts[host.0];
        host.urgent.remove(&ticket);
        host.queue.remove(&ticket);
    }

    /// Admits one more, if it may be now.
    pub(super) fn admit(&mut self, now: Instant) -> Option<(HostId, Ticket, W)> {
        let slot = self.next_slot.unwrap_or(now);
        if slot > now || self.in_flight >= self.most_in_flight {
            return None;
        }
        let count = self.hosts.len();
        let index = (0..count).map(|n| (self.turn + n) % count).find(|&n| self.hosts[n].may_admit(now))?;
        let host = &mut self.hosts[index];
        let (ticket, waiter) = match host.urgent.pop_first() {
            Some(first) => first,
            None => {
                let first = host.queue.pop_first()?;
                if let Some(trouble) = &mut host.trouble {
                    trouble.probe = Some(first.0);
                }
                first
            }
        };
        self.turn = index + 1;
        self.in_flight += 1;
        self.next_slot = Some(slot.max(now.checked_sub(SLACK).unwrap_or(now)) + self.interval);
        Some((HostId(index), ticket, waiter))
    }

    /// When somebody could be admitted next; none if only the end of an attempt, or a newcomer, can
    /// change that.
    pub(super) fn next_admission(&self, now: Instant) -> Option<Instant> {
        if self.in_flight >= self.most_in_flight {
            return None;
        }
        let first = self.hosts.iter().filter_map(|host| host.next_due(now)).min()?;
        Some(self.next_slot.map_or(first, |slot| slot.max(first)))
    }

    /// An attempt reached the host; whether that ends its trouble.
    pub(super) fn reached(&mut self, host: HostId) -> bool {
        let host = &mut self.hosts[host.0];
        host.suspect = None;
        host.trouble.take().is_some()
    }

    /// An attempt found the host failing; whether its other endpoints now wait for its probes.
    ///
    /// One endpoint's failures do not make the host suspect to others, as a proxy may have lost only
    /// what stands behind that one; two endpoints in a row do.
    pub(super) fn failed(
        &mut self,
        host: HostId,
        ticket: Ticket,
        endpoint: u64,
        why: &Arc<Failure>,
        not_before: Duration,
        now: Instant,
    ) -> bool {
        let host = &mut self.hosts[host.0];
        let failures = match &mut host.trouble {
            Some(trouble) if trouble.probe == Some(ticket) => trouble.failures.saturating_add(1),
            Some(trouble) => {
                trouble.why = Arc::clone(why);
                return true;
            }
            None if host.suspect.replace(endpoint).is_none_or(|before| before == endpoint) => return false,
            None => 1,
        };
        // One endpoint may be told to wait an hour; the others need not believe that it is meant for them.
        let not_before = not_before.min(PROBE.1);
        let wait = probe_backoff(host.queue.len() + 1).delay(failures, &mut self.rng).max(not_before);
        host.trouble = Some(Trouble { failures, probe_at: now + wait, probe: None, why: Arc::clone(why) });
        true
    }

    /// An attempt ended, whatever came of it.
    pub(super) fn ended(&mut self, host: HostId, ticket: Ticket) {
        self.in_flight -= 1;
        if let Some(trouble) = &mut self.hosts[host.0].trouble
            && trouble.probe == Some(ticket)
        {
            trouble.probe = None;
        }
    }

    /// Why a host's endpoints wait, and when it is probed next.
    pub(super) fn trouble(&self, host: HostId) -> Option<(Arc<Failure>, Instant)> {
        self.hosts[host.0].trouble.as_ref().map(|trouble| (Arc::clone(&trouble.why), trouble.probe_at))
    }
}

/// A host is probed about as often as its waiting endpoints would try it by themselves, but no more
/// often than once a second in the mean.
fn probe_backoff(waiting: usize) -> Backoff {
    let (base, longest) = PROBE;
    let share = longest / u32::try_from(waiting).unwrap_or(u32::MAX).max(1);
    Backoff::new(base, share.clamp(EAGER_PROBE, longest)).expect("the base is below every cap")
}
