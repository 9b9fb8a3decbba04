//! Any order of what can happen at a gate.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::{Rng, RngExt};

use super::*;

/// An attempt under way.
#[derive(Clone, Copy)]
struct Attempt {
    host: HostId,
    ticket: Ticket,
    endpoint: u64,
    /// Whether it probes a host whose breaker is open.
    probes: bool,
}

/// A storm in which anything may happen.
struct Chaos {
    storm: Storm,
    rng: SmallRng,
    flying: Vec<Attempt>,
    sessions: Vec<(HostId, u64)>,
    waiting: BTreeMap<u64, ()>,
    /// How many failures and losses are still to come; in the end all is well.
    mishaps: u32,
}

impl Chaos {
    fn new(config: &GateConfig, sizes: &[usize], seed: u64) -> Self {
        let mut storm = Storm {
            lanes: Lanes::new(config, SmallRng::seed_from_u64(seed)),
            now: Instant::now(),
            admitted: Vec::new(),
        };
        let mut waiting = BTreeMap::new();
        for (index, size) in sizes.iter().enumerate() {
            let host = storm.lanes.add_host();
            for endpoint in 0..*size {
                let endpoint = (index * 100 + endpoint) as u64;
                storm.enter(host, endpoint, Standing::Unknown);
                waiting.insert(endpoint, ());
            }
        }
        let (flying, sessions) = Default::default();
        Self { storm, rng: SmallRng::seed_from_u64(seed), flying, sessions, waiting, mishaps: 200 }
    }

    /// Admits the next one; whether anything is left to happen.
    fn admit(&mut self) -> bool {
        let Some((host, ticket, endpoint)) = self.storm.next() else { return !self.flying.is_empty() };
        let probes = self.storm.is_open(host);
        let attempt = Attempt { host, ticket, endpoint, probes };
        let kind = |attempt: &Attempt| (attempt.host, attempt.ticket.standing == Standing::Failing);
        let rival = self.flying.iter().any(|other| other.probes && kind(other) == kind(&attempt));
        assert!(!probes || !rival, "two probes of a kind at once");
        self.flying.push(attempt);
        true
    }

    fn mishap(&mut self, probability: f64) -> bool {
        let strikes = self.mishaps > 0 && self.rng.random_bool(probability);
        self.mishaps -= u32::from(strikes);
        strikes
    }

    fn end_an_attempt(&mut self) {
        let one = self.rng.random_range(0..self.flying.len());
        let Attempt { host, ticket, endpoint, .. } = self.flying.swap_remove(one);
        if self.mishap(0.3) {
            let after = self.storm.fail(host, ticket, endpoint);
            self.storm.enter(host, endpoint, after.standing);
            return;
        }
        self.storm.connect(host, ticket);
        self.flying.iter_mut().filter(|attempt| attempt.host == host).for_each(|attempt| attempt.probes = false);
        self.sessions.push((host, endpoint));
        assert!(self.waiting.remove(&endpoint).is_some(), "admitted twice");
    }

    fn end_a_session(&mut self) {
        let one = self.rng.random_range(0..self.sessions.len());
        let (host, endpoint) = self.sessions.swap_remove(one);
        let evidence = [HostEvidence::Fails, HostEvidence::Answers, HostEvidence::Nothing];
        self.storm.lose(host, 1, evidence[self.rng.random_range(0..evidence.len())]);
        self.storm.enter(host, endpoint, Standing::Working);
        self.waiting.insert(endpoint, ());
    }
}

proptest! {
    /// Whatever happens: never more in flight than allowed, no second above the rate, hosts served in
    /// turn, and nobody forgotten. No breaker is open while its host has a session, and while one is,
    /// one probe at a time speaks for all, and one failing endpoint at a time for itself.
    #[test]
    fn the_pace_is_kept_and_nobody_is_forgotten(
        rate in 1_u32..500, in_flight in 1_u32..20, sizes in prop::collection::vec(1_usize..60, 1..4), seed in any::<u64>(),
    ) {
        let mut chaos = Chaos::new(&config(rate, in_flight), &sizes, seed);
        while chaos.admit() {
            prop_assert!(chaos.flying.len() <= in_flight as usize);
            if chaos.flying.len() == in_flight as usize || chaos.rng.random_bool(0.5) {
                chaos.end_an_attempt();
            }
            if !chaos.sessions.is_empty() && chaos.mishap(0.2) {
                chaos.end_a_session();
            }
            for (host, _) in &chaos.sessions {
                prop_assert!(!chaos.storm.is_open(*host), "open beside a session");
            }
            chaos.storm.now += Duration::from_micros(u64::from(chaos.rng.next_u32() % 3_000));
        }
        prop_assert!(chaos.waiting.is_empty(), "{} forgotten", chaos.waiting.len());
        prop_assert!(chaos.storm.most_in_a_second() <= rate as usize, "{} in a second", chaos.storm.most_in_a_second());
    }
}
