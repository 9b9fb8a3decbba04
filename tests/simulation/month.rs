//! Thirty days of storms: whatever befalls network and server, the manager brings everything back.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use tokio::time::{Instant, sleep};
use wsmon_manager::{BLOCKED_RETRY, ConnectionManager};
use wsmon_model::{Cause, EndpointId};

use crate::{
    common::name,
    network::{Network, Weather},
    observer::{Observer, Step},
    setup::{MINUTE, base, config, paused_runtime},
    upstream::Manner,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Until everything is back: a dead peer is found out, a last wait ends, a slow attempt fails once more
/// and is followed by another wait.
const RECOVERY: Duration = Duration::from_secs(3 * 60);

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Whether the way forgets its connections as well.
    Partition {
        amnesia: bool,
    },
    Restart,
    Nameless,
    Behave(Manner),
}

impl Fault {
    const ALL: [Self; 16] = [
        Self::Partition { amnesia: false },
        Self::Partition { amnesia: true },
        Self::Restart,
        Self::Nameless,
        Self::Behave(Manner::Slow),
        Self::Behave(Manner::Flap(1000)),
        Self::Behave(Manner::Flap(1001)),
        Self::Behave(Manner::Flap(1011)),
        Self::Behave(Manner::Flap(1012)),
        Self::Behave(Manner::Flap(1013)),
        Self::Behave(Manner::Flap(4500)),
        Self::Behave(Manner::Refuse(403, None)),
        Self::Behave(Manner::Refuse(429, Some(30))),
        Self::Behave(Manner::Refuse(500, None)),
        Self::Behave(Manner::Refuse(502, None)),
        Self::Behave(Manner::Refuse(503, Some(60))),
    ];

    fn strike(self, weather: &mut Weather) {
        match self {
            Self::Partition { amnesia } => {
                weather.partitioned = true;
                weather.amnesia += u32::from(amnesia);
            }
            Self::Restart => {
                weather.refusing = true;
                weather.crashes += 1;
            }
            Self::Nameless => weather.nameless = true,
            Self::Behave(manner) => weather.manner = manner,
        }
    }

    fn can_block(self) -> bool {
        matches!(self, Self::Behave(Manner::Flap(4500) | Manner::Refuse(403, _)))
    }
}

struct Simulation {
    network: Network,
    manager: ConnectionManager,
    observer: Observer,
    endpoints: [EndpointId; 3],
    rng: SmallRng,
}

impl Simulation {
    async fn start(seed: u64) -> Self {
        let network = Network::new(seed);
        let config = config(seed, network.clone());
        let manager = ConnectionManager::new(base(), config);
        let mut observer = Observer::new(manager.clone(), network.census().clone());
        let endpoints = ["a", "b", "c"].map(name);
        for endpoint in &endpoints {
            observer.connect(endpoint).await;
        }
        Self { network, manager, observer, endpoints, rng: SmallRng::seed_from_u64(seed) }
    }

    /// One to three faults on top of each other, while an administrator does this and that; then all is
    /// well again, and wanted.
    async fn storm(&mut self) {
        let mut bound = RECOVERY;
        for _ in 0..self.rng.random_range(1..=3) {
            let fault = *Fault::ALL.choose(&mut self.rng).expect("some");
            if fault.can_block() {
                bound = RECOVERY + BLOCKED_RETRY;
            }
            self.network.change(|weather| fault.strike(weather));
            let longest = 1 << self.rng.random_range(0..=10);
            self.pass_up_to(longest).await;
            self.meddle().await;
            self.pass_up_to(10).await;
        }
        self.network.change(Weather::clear);
        let over = Instant::now();
        for endpoint in &self.endpoints {
            self.manager.set_auto_reconnect(endpoint, true).await.expect("it is there");
            self.observer.connect(endpoint).await;
        }
        // What only looks connected has been found out by then.
        sleep(MINUTE).await;
        self.observer.all_back(over + bound).await;
    }

    async fn meddle(&mut self) {
        let endpoint = self.endpoints.choose(&mut self.rng).expect("some");
        match self.rng.random_range(0..6) {
            0 => {
                self.observer.remove(endpoint).await;
                self.observer.connect(endpoint).await;
            }
            1 => {
                self.manager.disconnect(endpoint).await.expect("it is there");
                assert_eq!(self.network.census().live(endpoint), 0, "{endpoint}");
            }
            2 => self.manager.set_auto_reconnect(endpoint, false).await.expect("it is there"),
            3 => self.observer.connect(endpoint).await,
            _ => {}
        }
    }

    /// Nothing happens while nothing is wrong.
    async fn calm(&mut self) {
        let before = self.observer.steps().len();
        self.pass_up_to(2 * 60 * 60).await;
        assert_eq!(self.observer.steps()[before..], [], "something changed in calm weather");
    }

    async fn pass_up_to(&mut self, seconds: u64) {
        let end = Instant::now() + Duration::from_millis(self.rng.random_range(0..seconds * 1_000));
        while Instant::now() < end {
            sleep(MINUTE.min(end - Instant::now())).await;
            self.observer.check();
        }
    }
}

fn simulate(seed: u64, length: Duration) -> Vec<Step> {
    paused_runtime().block_on(async {
        let end = Instant::now() + length;
        let mut simulation = Simulation::start(seed).await;
        while Instant::now() < end {
            simulation.storm().await;
            simulation.calm().await;
        }
        simulation.manager.shutdown().await;
        let live = simulation.endpoints.map(|endpoint| simulation.network.census().live(&endpoint));
        assert_eq!(live, [0; 3]);
        simulation.observer.steps()
    })
}

/// At the default of a ping every 15 s these are half a million pings, which take a development build
/// about twenty seconds.
#[test]
fn a_month_of_storms_leaves_nothing_down() {
    let trace = simulate(1, 30 * DAY);
    let saw = |cause| trace.iter().any(|step| step.cause == Some(cause));
    for cause in [
        Cause::DnsFailure,
        Cause::ConnectionRefused,
        Cause::HandshakeTimeout,
        Cause::HttpStatus,
        Cause::ConnectionLost,
        Cause::ClosedByPeer,
        Cause::PongTimeout,
    ] {
        assert!(saw(cause), "the month saw no {cause:?}");
    }
}

/// What comes to pass in the same millisecond is not in the seed's hands: tokio's `select!` draws from
/// randomness of its own. This day has no such coincidence that matters.
#[test]
fn a_day_with_the_same_seed_is_the_same_day() {
    let [day, again, other] = [2, 2, 3].map(|seed| simulate(seed, DAY));
    assert!(day == again);
    assert!(day != other);
}
