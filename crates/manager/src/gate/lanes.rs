//! Who may dial next: queues, pacing and each host's circuit breaker. Pure, told the time.

use std::{
    collections::BTreeMap,
    ops::{Bound, RangeBounds},
    sync::Arc,
    time::Duration,
};

use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::{
    breaker::{Breaker, FailedAttempt},
    config::GateConfig,
    ticket::{Lane, Standing, Ticket},
};
use crate::failure::{Failure, HostEvidence};

/// How far admissions may fall behind their pace and still catch up: timers are that coarse.
const SLACK: Duration = Duration::from_millis(10);

/// How much slower than the rate admissions are paced, so that with the slack, and with what the
/// network adds, no second sees more than the rate.
const MARGIN: f64 = 1.02;

/// A host that endpoints are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostId(usize);

/// Why a host's endpoints wait, and for what.
pub(crate) struct OpenBreaker {
    pub(crate) why: Arc<Failure>,
    /// When the host's next probe is due; none while one is under way.
    pub(crate) probe_due: Option<Instant>,
}

struct Host<W> {
    urgent: BTreeMap<Ticket, W>,
    queue: BTreeMap<Ticket, W>,
    breaker: Breaker,
}

impl<W> Host<W> {
    /// Whose turn it is, and from when on; none if nobody waits, or all wait for an attempt's end.
    fn next(&self, now: Instant, in_flight: InFlight) -> Option<(Instant, Ticket)> {
        if let Some((urgent, _)) = self.urgent.first_key_value() {
            return Some((now, *urgent));
        }
        let may_go = |ticket: &Ticket| in_flight.has_room_for(ticket.standing);
        let failing = self.first(Standing::Failing).filter(may_go);
        let Some(open) = self.breaker.open() else {
            let held_until = self.breaker.held_until().unwrap_or(now);
            return Some((held_until, self.first_that_may_work().filter(may_go).or(failing)?));
        };
        let prober = if open.oldest_first { self.longest_waiting() } else { self.first_that_may_work() };
        let for_all = open.for_all.due().zip(prober);
        let for_itself = open.for_themselves.due().zip(failing);
        for_all.into_iter().chain(for_itself).min()
    }

    fn first(&self, standing: Standing) -> Option<Ticket> {
        let from = Ticket { standing, number: 0 };
        self.first_in(from..=Ticket { number: u64::MAX, ..from })
    }

    fn first_in(&self, range: impl RangeBounds<Ticket>) -> Option<Ticket> {
        self.queue.range(range).next().map(|(ticket, _)| *ticket)
    }

    fn first_that_may_work(&self) -> Option<Ticket> {
        let failing = Ticket { standing: Standing::Failing, number: 0 };
        self.first_in((Bound::Unbounded, Bound::Excluded(failing)))
    }

    fn longest_waiting(&self) -> Option<Ticket> {
        let each = [Standing::Working, Standing::Unknown].map(|standing| self.first(standing));
        each.into_iter().flatten().min_by_key(|ticket| ticket.number)
    }

    /// Takes somebody whose turn it is out of the lanes.
    fn take(&mut self, ticket: Ticket) -> Option<W> {
        if let Some(urgent) = self.urgent.remove(&ticket) {
            return Some(urgent);
        }
        self.breaker.probe_began(ticket);
        self.queue.remove(&ticket)
    }
}

/// How many attempts are under way, and may be. Those that may hang until their deadline leave places to others.
#[derive(Clone, Copy)]
struct InFlight {
    most: usize,
    working: usize,
    unknown: usize,
    failing: usize,
}

impl InFlight {
    fn of(&mut self, standing: Standing) -> &mut usize {
        match standing {
            Standing::Working => &mut self.working,
            Standing::Unknown => &mut self.unknown,
            Standing::Failing => &mut self.failing,
        }
    }

    fn is_full(self) -> bool {
        self.working + self.unknown + self.failing >= self.most
    }

    /// Half of the places are never taken by failing endpoints, and a quarter only by those that had worked.
    fn has_room_for(self, standing: Standing) -> bool {
        match standing {
            Standing::Working => true,
            Standing::Unknown => self.unknown + self.failing < (self.most * 3).div_ceil(4),
            Standing::Failing => self.failing < self.most.div_ceil(2) && self.has_room_for(Standing::Unknown),
        }
    }
}

/// The queues of all hosts, and what is known of each host's health.
///
/// `W` is whoever waits.
pub(super) struct Lanes<W> {
    hosts: Vec<Host<W>>,
    /// Whose turn it is, so that hosts share the rate.
    next_host: usize,
    tickets: u64,
    in_flight: InFlight,
    interval: Duration,
    next_slot: Option<Instant>,
    rng: SmallRng,
}

impl<W> Lanes<W> {
    pub(super) fn new(config: &GateConfig, rng: SmallRng) -> Self {
        Self {
            hosts: Vec::new(),
            next_host: 0,
            tickets: 0,
            in_flight: InFlight { most: config.in_flight.get() as usize, working: 0, unknown: 0, failing: 0 },
            interval: Duration::from_secs_f64(MARGIN / f64::from(config.rate.get())),
            next_slot: None,
            rng,
        }
    }

    pub(super) fn add_host(&mut self) -> HostId {
        self.hosts.push(Host { urgent: BTreeMap::new(), queue: BTreeMap::new(), breaker: Breaker::default() });
        HostId(self.hosts.len() - 1)
    }

    /// Joins a lane.
    pub(super) fn enter(&mut self, host: HostId, lane: Lane, standing: Standing, waiter: W) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket { standing, number: self.tickets };
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
        if slot > now || self.in_flight.is_full() {
            return None;
        }
        let count = self.hosts.len();
        let due = |n: usize| self.hosts[n].next(now, self.in_flight).filter(|(due, _)| *due <= now);
        let in_turn = (0..count).map(|n| (self.next_host + n) % count);
        let (index, ticket) = in_turn.filter_map(|n| due(n).map(|(_, ticket)| (n, ticket))).next()?;
        let waiter = self.hosts[index].take(ticket)?;
        self.next_host = index + 1;
        *self.in_flight.of(ticket.standing) += 1;
        self.next_slot = Some(slot.max(now.checked_sub(SLACK).unwrap_or(now)) + self.interval);
        Some((HostId(index), ticket, waiter))
    }

    /// When somebody could be admitted next; none if only the end of an attempt, or a newcomer, can
    /// change that.
    pub(super) fn next_admission(&self, now: Instant) -> Option<Instant> {
        if self.in_flight.is_full() {
            return None;
        }
        let (first, _) = self.hosts.iter().filter_map(|host| host.next(now, self.in_flight)).min()?;
        Some(self.next_slot.map_or(first, |slot| slot.max(first)))
    }

    /// An attempt succeeded, and its session began.
    pub(super) fn connected(&mut self, host: HostId, now: Instant) {
        self.hosts[host.0].breaker.connected(now);
    }

    /// The host answered an attempt, if only with a refusal.
    pub(super) fn answered(&mut self, host: HostId) {
        self.hosts[host.0].breaker.answered();
    }

    /// An attempt found the host failing; how its endpoint stands then, and whether it now waits for the host's probes.
    pub(super) fn failed(&mut self, host: HostId, attempt: &FailedAttempt<'_>, now: Instant) -> (Standing, bool) {
        let host = &mut self.hosts[host.0];
        let waiting = host.queue.len() + 1;
        let standing = host.breaker.failed(attempt, waiting, now, &mut self.rng);
        (standing, host.breaker.open().is_some())
    }

    /// An attempt ended, whatever came of it.
    pub(super) fn ended(&mut self, host: HostId, ticket: Ticket) {
        *self.in_flight.of(ticket.standing) -= 1;
        self.hosts[host.0].breaker.attempt_ended(ticket);
    }

    /// A session ended, and its end says something of the host, or nothing.
    pub(super) fn session_ended(&mut self, host: HostId, evidence: HostEvidence, now: Instant) {
        self.hosts[host.0].breaker.session_ended(evidence, now);
    }

    /// How many attempts at a host have succeeded.
    pub(super) fn successes(&self, host: HostId) -> u64 {
        self.hosts[host.0].breaker.successes()
    }

    /// Why a host's endpoints wait, and for what; none while they do not.
    pub(super) fn open_breaker(&self, host: HostId) -> Option<OpenBreaker> {
        let host = &self.hosts[host.0];
        let open = host.breaker.open()?;
        let only_failing = host.first_that_may_work().is_none() && host.first(Standing::Failing).is_some();
        let for_all_under_way = open.for_all.due().is_none();
        let probing = if only_failing && !for_all_under_way { &open.for_themselves } else { &open.for_all };
        Some(OpenBreaker { why: Arc::clone(&open.why), probe_due: probing.due() })
    }
}
