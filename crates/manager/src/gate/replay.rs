//! Hours of a host with endpoints that work and others that do not, played through the gate on a clock of its own.

use std::{cmp::Reverse, collections::BinaryHeap};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::time::Instant;

use super::{lanes::Lanes, *};
use crate::backoff::Backoff;
use wsmon_model::HttpAnswer;

/// What an endpoint meets at the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Works,
    /// Its attempts fail at once, as with HTTP 503.
    Refused,
    /// Its attempts fail at the deadline of 10 s.
    Hangs,
}

impl Manner {
    fn takes(self) -> Duration {
        match self {
            Self::Works | Self::Refused => Duration::from_millis(5),
            Self::Hangs => Duration::from_secs(10),
        }
    }
}

/// What happens next to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// Its wait is over.
    Enters,
    /// Its attempt ends.
    Ends(Ticket),
}

struct Endpoint {
    manner: Manner,
    standing: Standing,
    failures: u32,
    closed: Option<Instant>,
}

struct Replay {
    lanes: Lanes<usize>,
    host: HostId,
    now: Instant,
    rng: SmallRng,
    endpoints: Vec<Endpoint>,
    agenda: BinaryHeap<Reverse<(Instant, usize, Next)>>,
    /// How long each endpoint that was closed took to be back.
    back_after: Vec<Duration>,
    /// Until when the host answers nobody.
    down_until: Instant,
}

impl Replay {
    /// Starts with the endpoints that work in front.
    fn start(dead: usize, manner: Manner, working: usize, seed: u64) -> Self {
        let manners = (0..working + dead).map(|n| if n < working { Manner::Works } else { manner });
        Self::start_in_order(manners, seed)
    }

    fn start_in_order(manners: impl Iterator<Item = Manner>, seed: u64) -> Self {
        let mut lanes = Lanes::new(&GateConfig::default(), SmallRng::seed_from_u64(seed));
        let (host, now) = (lanes.add_host(), Instant::now());
        let new = |manner| Endpoint { manner, standing: Standing::Unknown, failures: 0, closed: None };
        let endpoints: Vec<_> = manners.map(new).collect();
        let agenda = (0..endpoints.len()).map(|n| Reverse((now, n, Next::Enters))).collect();
        let rng = SmallRng::seed_from_u64(seed);
        Self { lanes, host, now, rng, endpoints, agenda, back_after: Vec::new(), down_until: now }
    }

    /// Plays until a time.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            while let Some((_, ticket, n)) = self.lanes.admit(self.now) {
                let takes = if self.now < self.down_until { Manner::Refused } else { self.endpoints[n].manner }.takes();
                self.agenda.push(Reverse((self.now + takes, n, Next::Ends(ticket))));
            }
            let event = self.agenda.peek().map(|Reverse((at, ..))| *at);
            let admission = self.lanes.next_admission(self.now);
            match [event, admission].into_iter().flatten().min() {
                Some(at) if at <= end => self.now = at,
                _ => break,
            }
            if event.is_some_and(|at| at <= self.now)
                && let Some(Reverse((_, n, next))) = self.agenda.pop()
            {
                self.happen(n, next);
            }
        }
        self.now = end;
    }

    fn happen(&mut self, n: usize, next: Next) {
        let (host, now) = (self.host, self.now);
        let Next::Ends(ticket) = next else {
            self.lanes.enter(host, Lane::Queue, self.endpoints[n].standing, n);
            return;
        };
        let endpoint = &mut self.endpoints[n];
        if endpoint.manner == Manner::Works && now >= self.down_until {
            self.lanes.connected(host, now);
            self.lanes.ended(host, ticket);
            (endpoint.standing, endpoint.failures) = (Standing::Working, 0);
            self.back_after.extend(endpoint.closed.take().map(|closed| now - closed));
            return;
        }
        let why = Arc::new(Failure::Http(Box::new(HttpAnswer { status: 503, ..HttpAnswer::default() })));
        let attempt = FailedAttempt { ticket, endpoint: n as u64, why: &why, not_before: Duration::ZERO };
        let (standing, waits_for_probe) = self.lanes.failed(host, &attempt, now);
        self.lanes.ended(host, ticket);
        (endpoint.standing, endpoint.failures) = (standing, endpoint.failures + 1);
        let wait = Backoff::default().delay(endpoint.failures, &mut self.rng);
        self.agenda.push(Reverse((now + if waits_for_probe { Duration::ZERO } else { wait }, n, Next::Enters)));
    }

    /// The server closes so many of the working endpoints (1001).
    fn close(&mut self, count: usize) {
        for n in 0..count {
            assert_eq!(self.endpoints[n].closed.replace(self.now), None, "it was back");
            self.lanes.session_ended(self.host, HostEvidence::Answers, self.now);
            let wait = Backoff::default().delay(1, &mut self.rng);
            self.agenda.push(Reverse((self.now + wait, n, Next::Enters)));
        }
    }

    fn median_and_worst(&mut self) -> (Duration, Duration) {
        self.back_after.sort();
        (self.back_after[self.back_after.len() / 2], *self.back_after.last().expect("some"))
    }
}

/// Beside endpoints that do not work, one that the server closes is back as fast as if it were alone: within its
/// backoff of half a second. Also when no session is left that would speak for the host.
#[test]
fn a_working_endpoint_is_back_at_once_beside_any_number_of_dead_ones() {
    for (dead, manner) in [(2, Manner::Refused), (10, Manner::Hangs), (50, Manner::Hangs), (300, Manner::Hangs)] {
        for closed in [6, 30] {
            let mut replay = Replay::start(dead, manner, 30, 1);
            replay.pass(Duration::from_secs(60));
            for _ in 0..200 {
                let between = Duration::from_millis(replay.rng.random_range(10_000..90_000));
                replay.pass(between);
                replay.close(closed);
            }
            replay.pass(Duration::from_secs(60));
            assert_eq!(replay.back_after.len(), 200 * closed, "{dead} of {manner:?}, {closed} closed: all are back");
            let (median, worst) = replay.median_and_worst();
            println!("{dead:>3} {manner:?}, {closed:>2} closed: median {median:?}, worst {worst:?}");
            assert!(median < Duration::from_millis(400), "{dead} of {manner:?}, {closed} closed: {median:?}");
            assert!(worst < Duration::from_secs(1), "{dead} of {manner:?}, {closed} closed: {worst:?}");
        }
    }
}

/// At the start nothing is known of the endpoints, and those that hang may come first.
#[test]
fn a_start_is_not_held_up_by_endpoints_that_hang() {
    for dead in [10, 50, 150] {
        let manners = (0..dead + 30).map(|n| if n < dead { Manner::Hangs } else { Manner::Works });
        let mut replay = Replay::start_in_order(manners, 1);
        replay.pass(Duration::from_secs(1));
        let connected = replay.endpoints.iter().filter(|endpoint| endpoint.standing == Standing::Working).count();
        assert_eq!(connected, 30, "beside {dead}");
    }
}

/// The host goes for a while, and what hangs hangs again afterwards: the others need only wait for a probe.
#[test]
fn a_host_that_returns_is_found_beside_endpoints_that_hang() {
    for seed in 0..50 {
        let mut replay = Replay::start(10, Manner::Hangs, 30, seed);
        replay.pass(Duration::from_secs(120));
        replay.close(30);
        let down = Duration::from_millis(replay.rng.random_range(100..20_000));
        replay.down_until = replay.now + down;
        replay.pass(down + Duration::from_secs(60));
        assert_eq!(replay.back_after.len(), 30, "seed {seed}: all are back");
        let (_, worst) = replay.median_and_worst();
        assert!(worst < down + Duration::from_secs(4), "seed {seed}: {:?} late", worst - down);
    }
}
