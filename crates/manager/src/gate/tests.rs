mod chaos;
mod evidence;

use std::num::NonZeroU32;

use rand::{SeedableRng, rngs::SmallRng};
use tokio::time::{Instant, timeout};

use super::{breaker::SIGN_OF_LIFE, lanes::Lanes, *};

fn config(rate: u32, in_flight: u32) -> GateConfig {
    let number = |number| NonZeroU32::new(number).expect("above zero");
    GateConfig { rate: number(rate), in_flight: number(in_flight) }
}

fn refused() -> Arc<Failure> {
    Arc::new(Failure::Refused { address: ([127, 0, 0, 1], 9).into(), errno: None })
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
        let mut storm = Self { lanes, now: Instant::now(), admitted: Vec::new() };
        (0..endpoints).for_each(|endpoint| storm.enter(host, endpoint, Standing::Unknown));
        (storm, host)
    }

    /// A host whose endpoints are all connected.
    fn connected(endpoints: u64) -> (Self, HostId) {
        let (mut storm, host) = Self::of(endpoints, &config(1_000, 256));
        while let Some((_, ticket, _)) = storm.next() {
            storm.connect(host, ticket);
        }
        (storm, host)
    }

    fn enter(&mut self, host: HostId, endpoint: u64, standing: Standing) {
        self.lanes.enter(host, Lane::Queue, standing, endpoint);
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

    fn connect(&mut self, host: HostId, ticket: Ticket) {
        self.lanes.connected(host, self.now);
        self.lanes.ended(host, ticket);
    }

    /// The attempt finds the host failing.
    fn fail(&mut self, host: HostId, ticket: Ticket, endpoint: u64) -> AfterFailure {
        self.fail_for(host, ticket, endpoint, Duration::ZERO)
    }

    fn fail_for(&mut self, host: HostId, ticket: Ticket, endpoint: u64, not_before: Duration) -> AfterFailure {
        let why = refused();
        let attempt = FailedAttempt { ticket, endpoint, why: &why, not_before };
        let (standing, waits_for_probe) = self.lanes.failed(host, &attempt, self.now);
        self.lanes.ended(host, ticket);
        AfterFailure { standing, waits_for_probe }
    }

    /// An endpoint of that standing comes, is admitted at once, and fails.
    fn try_in_vain(&mut self, host: HostId, endpoint: u64, standing: Standing) -> AfterFailure {
        self.enter(host, endpoint, standing);
        let (_, ticket, admitted) = self.next().expect("it may go");
        assert_eq!(admitted, endpoint);
        self.fail(host, ticket, endpoint)
    }

    /// Sessions end.
    fn lose(&mut self, host: HostId, sessions: usize, evidence: HostEvidence) {
        (0..sessions).for_each(|_| self.lanes.session_ended(host, evidence, self.now));
    }

    fn is_open(&self, host: HostId) -> bool {
        self.lanes.open_breaker(host).is_some()
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
            let after = storm.fail(host, ticket, endpoint);
            storm.enter(host, endpoint, after.standing);
        } else {
            storm.connect(host, ticket);
            up += 1;
        }
    }
    assert_eq!(up, 3_000);
    assert!(attempts <= 3_030, "{attempts} attempts for 3,000 endpoints");
    assert!(storm.most_in_a_second() <= 1_000, "{} in a second", storm.most_in_a_second());
    let took = storm.now - down_until;
    assert!(took <= Duration::from_secs(6), "probed within 2 s and let in for 3, not {took:?}");
}

/// Sessions notice one after the other that their host is gone; those that have yet to notice are no evidence.
#[test]
fn a_host_that_goes_is_not_stormed_while_its_sessions_notice() {
    let (mut storm, host) = Storm::connected(2_000);
    let mut attempts = 0;
    for endpoint in 0..2_000 {
        storm.lose(host, 1, HostEvidence::Fails);
        storm.enter(host, endpoint, Standing::Working);
        storm.now += Duration::from_micros(400);
        while let Some((_, ticket, endpoint)) = storm.lanes.admit(storm.now) {
            attempts += 1;
            let after = storm.fail(host, ticket, endpoint);
            storm.enter(host, endpoint, after.standing);
        }
    }
    assert!(attempts <= 3, "{attempts} attempts");
    for _ in 0..2 {
        let (_, ticket, endpoint) = storm.next().expect("once all have noticed");
        storm.fail(host, ticket, endpoint);
    }
    assert!(storm.is_open(host));
}

#[test]
fn one_endpoint_that_fails_does_not_stop_the_others() {
    let (mut storm, host) = Storm::of(2, &config(1_000, 256));
    let (_, ticket, bad) = storm.next().expect("the first");
    assert!(!storm.fail(host, ticket, bad).waits_for_probe);
    for _ in 0..10 {
        storm.lanes.enter(host, Lane::Urgent, Standing::Unknown, bad);
        let (_, ticket, bad) = storm.next().expect("an administrator's click");
        assert!(!storm.fail(host, ticket, bad).waits_for_probe);
    }
    let before = storm.now;
    let (_, ticket, other) = storm.next().expect("the other");
    assert!(storm.now - before < Duration::from_millis(5), "it need not wait");
    assert!(storm.fail(host, ticket, other).waits_for_probe, "two are the host");
    storm.lanes.answered(host);
    assert!(!storm.is_open(host), "an answer ends it");
}

#[test]
fn an_open_session_or_a_late_success_speaks_for_the_host() {
    let (mut storm, host) = Storm::connected(1);
    storm.now += Duration::from_secs(3_600);
    for endpoint in [1, 2, 3] {
        let after = storm.try_in_vain(host, endpoint, Standing::Unknown);
        assert_eq!(after, AfterFailure { standing: Standing::Failing, waits_for_probe: false });
    }
    storm.lose(host, 1, HostEvidence::Answers);
    storm.now += SIGN_OF_LIFE - Duration::from_secs(1);
    for endpoint in [1, 2, 3] {
        assert!(!storm.try_in_vain(host, endpoint, Standing::Failing).waits_for_probe);
    }
    storm.now += Duration::from_secs(1);
    assert!(!storm.try_in_vain(host, 1, Standing::Failing).waits_for_probe, "one proves nothing");
    let after = storm.try_in_vain(host, 2, Standing::Failing);
    assert_eq!(after, AfterFailure { standing: Standing::Failing, waits_for_probe: true });
}

#[test]
fn endpoints_that_had_worked_are_believed_at_once() {
    for evidence in [HostEvidence::Fails, HostEvidence::Answers] {
        let (mut storm, host) = Storm::connected(3);
        storm.lose(host, 3, evidence);
        storm.now += Duration::from_secs(1);
        assert!(!storm.try_in_vain(host, 0, Standing::Working).waits_for_probe);
        assert!(storm.try_in_vain(host, 1, Standing::Working).waits_for_probe);
    }
}

#[test]
fn an_administrator_does_not_wait_for_the_probe_nor_behind_the_queue() {
    let (mut storm, host) = Storm::of(100, &config(1_000, 256));
    for _ in 0..2 {
        let (_, ticket, endpoint) = storm.next().expect("somebody");
        storm.fail_for(host, ticket, endpoint, Duration::from_secs(3_600));
    }
    let probe_at =
        storm.lanes.open_breaker(host).and_then(|open_breaker| open_breaker.probe_due).expect("the host fails");
    let wait = probe_at - storm.now;
    assert_eq!(wait, Duration::from_secs(60), "a time that was asked for holds, but not for an hour for all");
    storm.lanes.enter(host, Lane::Urgent, Standing::Unknown, 4_711);
    let before = storm.now;
    assert_eq!(storm.next().map(|(_, _, endpoint)| endpoint), Some(4_711));
    assert!(storm.now - before < Duration::from_millis(5));
}

#[test]
fn a_probe_given_up_is_made_by_the_next_in_line() {
    let (mut storm, host) = Storm::of(4, &config(1_000, 256));
    for _ in 0..2 {
        let (_, ticket, endpoint) = storm.next().expect("somebody");
        storm.fail(host, ticket, endpoint);
    }
    let (_, probe, _) = storm.next().expect("the probe");
    assert!(storm.lanes.admit(storm.now + Duration::from_secs(600)).is_none(), "one probe at a time");
    assert_eq!(storm.lanes.open_breaker(host).and_then(|open_breaker| open_breaker.probe_due), None, "it is under way");
    storm.lanes.ended(host, probe);
    assert!(storm.next().is_some());
}

#[test]
fn a_probe_that_hangs_for_itself_keeps_nobody_from_probing() {
    let (mut storm, host) = Storm::of(0, &config(1_000, 256));
    for endpoint in [1, 2] {
        storm.try_in_vain(host, endpoint, Standing::Working);
    }
    (10..20).for_each(|hanging| storm.enter(host, hanging, Standing::Failing));
    (20..30).for_each(|new| storm.enter(host, new, Standing::Unknown));
    storm.enter(host, 3, Standing::Working);
    let (hangs, probes): (Vec<_>, Vec<_>) =
        [storm.next(), storm.next()].into_iter().flatten().partition(|(.., endpoint)| (10..20).contains(endpoint));
    assert_eq!((hangs.len(), probes.len()), (1, 1), "one of each");
    assert_eq!(probes[0].2, 3, "whoever worked last comes first");
    storm.fail(host, probes[0].1, 3);
    let (_, next, endpoint) = storm.next().expect("the next probe");
    assert_eq!(endpoint, 20, "then in turn");
    storm.connect(host, next);
    assert!(!storm.is_open(host));
}

#[test]
fn attempts_that_may_hang_leave_places_to_others() {
    for (standing, most) in [(Standing::Failing, 4), (Standing::Unknown, 6), (Standing::Working, 8)] {
        let (mut storm, host) = Storm::of(0, &config(1_000, 8));
        (0..20).for_each(|hanging| storm.enter(host, hanging, standing));
        let mut hanging = 0;
        while storm.next().is_some() {
            hanging += 1;
        }
        assert_eq!(hanging, most, "{standing:?}");
        storm.enter(host, 20, Standing::Working);
        assert_eq!(storm.next().map(|(_, _, endpoint)| endpoint), (most < 8).then_some(20), "{standing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_gate_lets_the_next_in_when_one_comes_out() {
    let gate = Gate::new(&config(1_000, 2), 1).host();
    let first = gate.admit(Lane::Queue, Standing::Unknown).await;
    let _second = gate.admit(Lane::Queue, Standing::Unknown).await;
    let third = gate.admit(Lane::Queue, Standing::Unknown);
    tokio::pin!(third);
    assert!(timeout(Duration::from_secs(60), &mut third).await.is_err(), "full");
    drop(first);
    timeout(Duration::from_secs(1), third).await.expect("room again");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_is_passed_over() {
    let gate = Gate::new(&config(1, 1), 1).host();
    let first = gate.admit(Lane::Queue, Standing::Unknown).await;
    let given_up = timeout(Duration::from_millis(10), gate.admit(Lane::Queue, Standing::Unknown));
    assert!(given_up.await.is_err());
    let waiting = gate.admit(Lane::Queue, Standing::Unknown);
    drop(first);
    timeout(Duration::from_secs(3), waiting).await.expect("its turn");
}
