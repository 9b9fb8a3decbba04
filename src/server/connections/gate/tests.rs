use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};
use tokio::time::{Instant, timeout};

use super::{lanes::Lanes, *};

fn config(rate: u32, in_flight: u32) -> GateConfig {
    let number = |number| NonZeroU32::new(number).expect("above zero");
    GateConfig { rate: number(rate), in_flight: number(in_flight) }
}

fn refused() -> Arc<Failure> {
    Arc::new(Failure::Refused { authority: "127.0.0.1:9".to_owned() })
}

/// A host with endpoints that all want to connect, played through on a clock of its own.
struct Storm {
    lanes: Lanes<u64>,
    now: Instant,
    admitted: Vec<Instant>,
}

impl Storm {
    fn of(endpoints: u64, config: &GateConfig) -> (Self, HostId) {
        let mut lanes = Lanes::new(config, SmallRng::seed_from_u64(1));
        let host = lanes.add_host();
        for endpoint in 0..endpoints {
            lanes.enter(host, Lane::Queue, endpoint);
        }
        (Self { lanes, now: Instant::now(), admitted: Vec::new() }, host)
    }

    /// Admits the next one, at the time that comes; none if nobody can be.
    fn next(&mut self) -> Option<(HostId, Ticket, u64)> {
        loop {
            if let Some(admitted) = self.lanes.admit(self.now) {
                self.admitted.push(self.now);
                return Some(admitted);
            }
            let next = self.lanes.next_admission(self.now)?;
            assert!(next > self.now, "no time in which nothing happens");
            self.now = next;
        }
    }

    fn most_in_a_second(&self) -> usize {
        let in_second = |from: &Instant| {
            let until = *from + Duration::from_secs(1);
            self.admitted.iter().filter(|at| (*from..until).contains(at)).count()
        };
        self.admitted.iter().map(in_second).max().unwrap_or_default()
    }
}

#[test]
fn a_failing_host_is_probed_by_one_and_then_everybody_is_let_in_at_the_rate() {
    let (mut storm, host) = Storm::of(3_000, &config(1_000, 256));
    let down_until = storm.now + Duration::from_secs(5);
    let mut attempts = 0;
    let mut up = 0;
    while let Some((_, ticket, endpoint)) = storm.next() {
        attempts += 1;
        if storm.now < down_until {
            storm.lanes.failed(host, ticket, endpoint, &refused(), Duration::ZERO, storm.now);
            storm.lanes.ended(host, ticket);
            storm.lanes.enter(host, Lane::Queue, endpoint);
        } else {
            storm.lanes.reached(host);
            storm.lanes.ended(host, ticket);
            up += 1;
        }
    }
    assert_eq!(up, 3_000);
    assert!(attempts <= 3_030, "{attempts} attempts for 3,000 endpoints");
    assert!(storm.most_in_a_second() <= 1_000, "{} in a second", storm.most_in_a_second());
    let took = storm.now - down_until;
    assert!(took <= Duration::from_secs(6), "probed within 2 s and let in for 3, not {took:?}");
}

#[test]
fn one_endpoint_that_fails_does_not_stop_the_others() {
    let (mut storm, host) = Storm::of(2, &config(1_000, 256));
    let (_, ticket, bad) = storm.next().expect("the first");
    for _ in 0..10 {
        assert!(!storm.lanes.failed(host, ticket, bad, &refused(), Duration::ZERO, storm.now));
    }
    storm.lanes.ended(host, ticket);
    let before = storm.now;
    let (_, ticket, other) = storm.next().expect("the other");
    assert!(storm.now - before < Duration::from_millis(5), "it need not wait");
    assert!(storm.lanes.failed(host, ticket, other, &refused(), Duration::ZERO, storm.now), "two are the host");
    assert!(storm.lanes.reached(host), "an answer ends it");
    assert!(!storm.lanes.reached(host));
}

#[test]
fn an_administrator_does_not_wait_for_the_probe_nor_behind_the_queue() {
    let (mut storm, host) = Storm::of(100, &config(1_000, 256));
    for _ in 0..2 {
        let (_, ticket, endpoint) = storm.next().expect("somebody");
        storm.lanes.failed(host, ticket, endpoint, &refused(), Duration::from_secs(3_600), storm.now);
        storm.lanes.ended(host, ticket);
    }
    let (_, probe_at) = storm.lanes.trouble(host).expect("the host fails");
    let wait = probe_at - storm.now;
    assert_eq!(wait, Duration::from_secs(60), "a time that was asked for holds, but not for an hour for all");
    storm.lanes.enter(host, Lane::Urgent, 4_711);
    let before = storm.now;
    assert_eq!(storm.next().map(|(_, _, endpoint)| endpoint), Some(4_711));
    assert!(storm.now - before < Duration::from_millis(5));
}

#[test]
fn a_probe_given_up_is_made_by_the_next_in_line() {
    let (mut storm, host) = Storm::of(4, &config(1_000, 256));
    for _ in 0..2 {
        let (_, ticket, endpoint) = storm.next().expect("somebody");
        storm.lanes.failed(host, ticket, endpoint, &refused(), Duration::ZERO, storm.now);
        storm.lanes.ended(host, ticket);
    }
    let (_, probe, _) = storm.next().expect("the probe");
    assert!(storm.lanes.admit(storm.now + Duration::from_secs(600)).is_none(), "one probe at a time");
    storm.lanes.ended(host, probe);
    assert!(storm.next().is_some());
}

proptest! {
    /// Whatever happens: never more in flight than allowed, no second above the rate, hosts served in
    /// turn, and nobody forgotten.
    #[test]
    fn the_pace_is_kept_and_nobody_is_forgotten(
        rate in 1_u32..500, in_flight in 1_u32..20, sizes in prop::collection::vec(1_usize..60, 1..4), seed in any::<u64>(),
    ) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut lanes = Lanes::new(&config(rate, in_flight), SmallRng::seed_from_u64(seed));
        let mut waiting = BTreeMap::new();
        for (index, size) in sizes.iter().enumerate() {
            let host = lanes.add_host();
            for endpoint in 0..*size {
                let endpoint = (index * 100 + endpoint) as u64;
                lanes.enter(host, Lane::Queue, endpoint);
                waiting.insert(endpoint, ());
            }
        }
        let mut storm = Storm { lanes, now: Instant::now(), admitted: Vec::new() };
        let mut flying = Vec::new();
        let mut failures = 0;
        loop {
            match storm.next() {
                Some(admitted) => flying.push(admitted),
                None if flying.is_empty() => break,
                None => {}
            }
            prop_assert!(flying.len() <= in_flight as usize);
            if flying.len() == in_flight as usize || rng.random_bool(0.5) {
                let (host, ticket, endpoint) = flying.swap_remove(rng.random_range(0..flying.len()));
                if failures < 200 && rng.random_bool(0.3) {
                    failures += 1;
                    storm.lanes.failed(host, ticket, endpoint, &refused(), Duration::ZERO, storm.now);
                    storm.lanes.ended(host, ticket);
                    storm.lanes.enter(host, Lane::Queue, endpoint);
                } else {
                    storm.lanes.reached(host);
                    storm.lanes.ended(host, ticket);
                    prop_assert!(waiting.remove(&endpoint).is_some(), "admitted twice");
                }
            }
            storm.now += Duration::from_micros(u64::from(rng.next_u32() % 3_000));
        }
        prop_assert!(waiting.is_empty(), "{} forgotten", waiting.len());
        prop_assert!(storm.most_in_a_second() <= rate as usize, "{} in a second", storm.most_in_a_second());
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_gate_lets_the_next_in_when_one_comes_out() {
    let gate = Gate::new(&config(1_000, 2), 1).host();
    let first = gate.admit(Lane::Queue).await;
    let _second = gate.admit(Lane::Queue).await;
    let third = gate.admit(Lane::Queue);
    tokio::pin!(third);
    assert!(timeout(Duration::from_secs(60), &mut third).await.is_err(), "full");
    drop(first);
    timeout(Duration::from_secs(1), third).await.expect("room again");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_is_passed_over() {
    let gate = Gate::new(&config(1, 1), 1).host();
    let first = gate.admit(Lane::Queue).await;
    let given_up = timeout(Duration::from_millis(10), gate.admit(Lane::Queue));
    assert!(given_up.await.is_err());
    let waiting = gate.admit(Lane::Queue);
    drop(first);
    timeout(Duration::from_secs(3), waiting).await.expect("its turn");
}
