//! Ten minutes on turmoil's network, many times over: each seed is another storm of partitions, delays
//! and crashes.

use std::{
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::BoxFuture;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{
    sync::broadcast,
    task::spawn_local,
    time::{Instant, sleep},
};
use turmoil::{
    Sim,
    net::{TcpListener, TcpStream},
};
use wsmon_manager::{BoxStream, ConnectionManager, Transport};

use crate::{
    census::Census,
    common::name,
    observer::Observer,
    setup::{MINUTE, base, config},
    upstream::{Manner, serve},
};

/// Coarse, as every tick costs as much as a ping.
const TICK: Duration = Duration::from_millis(50);

/// How long faults go on.
const STORM: Duration = Duration::from_secs(6 * 60);

/// Until everything is back.
const RECOVERY: Duration = Duration::from_secs(3 * 60);

const MONITOR: &str = "monitor";
const UPSTREAM: &str = "upstream";

/// turmoil's network.
struct Turmoil(Census);

impl Transport for Turmoil {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(vec![(turmoil::lookup(host), port).into()]) })
    }

    fn connect(&self, address: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move { Ok(self.0.count(TcpStream::connect(address).await?)) })
    }
}

async fn upstream() -> turmoil::Result {
    let listener = TcpListener::bind("0.0.0.0:80").await?;
    let closes = broadcast::Sender::new(1);
    loop {
        let (stream, _) = listener.accept().await?;
        spawn_local(serve(stream, Manner::Serve, Duration::ZERO, closes.subscribe()));
    }
}

async fn monitor(seed: u64) -> turmoil::Result {
    let census = Census::default();
    let manager = ConnectionManager::new(base(), config(seed, Turmoil(census.clone())));
    let mut observer = Observer::new(manager.clone(), census.clone());
    let endpoints = ["a", "b", "c", "d"].map(name);
    for endpoint in &endpoints {
        observer.connect(endpoint).await;
    }
    let calm = Instant::now() + STORM;
    while Instant::now() < calm {
        sleep(Duration::from_secs(1)).await;
        observer.check();
    }
    // What only looks connected is found out first.
    sleep(MINUTE).await;
    observer.all_back(calm + RECOVERY).await;
    let steps = observer.steps();
    sleep(MINUTE).await;
    observer.check();
    assert_eq!(observer.steps()[steps.len()..], [], "something changed in calm weather");
    manager.shutdown().await;
    assert_eq!(endpoints.map(|endpoint| census.live(&endpoint)), [0; 4]);
    Ok(())
}

/// Lets time pass, at least a tick; whether the monitor has finished.
fn pass(sim: &mut Sim<'_>, time: Duration) -> turmoil::Result<bool> {
    let end = sim.elapsed() + time;
    loop {
        let finished = sim.step()?;
        if finished || sim.elapsed() >= end {
            return Ok(finished);
        }
    }
}

/// One fault after the other until the storm is over.
fn strike(sim: &mut Sim<'_>, rng: &mut SmallRng) -> turmoil::Result {
    loop {
        let mut time = || Duration::from_millis(rng.random_range(0..=60_000));
        let (lull, length) = (time(), time());
        if sim.elapsed() + lull + length > STORM {
            return Ok(());
        }
        pass(sim, lull)?;
        match rng.random_range(0..3) {
            0 => {
                sim.partition(MONITOR, UPSTREAM);
                pass(sim, length)?;
                sim.repair(MONITOR, UPSTREAM);
            }
            1 => {
                sim.hold(MONITOR, UPSTREAM);
                pass(sim, length)?;
                sim.release(MONITOR, UPSTREAM);
            }
            _ => {
                sim.crash(UPSTREAM);
                pass(sim, length)?;
                sim.bounce(UPSTREAM);
            }
        }
    }
}

fn run(seed: u64) -> Result<(), String> {
    let mut sim =
        turmoil::Builder::new().rng_seed(seed).tick_duration(TICK).simulation_duration(STORM + 2 * RECOVERY).build();
    sim.host(UPSTREAM, upstream);
    sim.client(MONITOR, monitor(seed));
    let storm = strike(&mut sim, &mut SmallRng::seed_from_u64(seed)).and_then(|()| sim.run());
    storm.map_err(|error| error.to_string())
}

/// How many seeds; more for a long run: `make soak`.
fn seeds() -> u64 {
    std::env::var("WSMON_SOAK").map_or(16, |seeds| seeds.parse().expect("WSMON_SOAK is a number"))
}

#[test]
fn every_storm_ends_with_everything_back() {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&seed| seed < seeds()) {
                    let outcome = catch_unwind(AssertUnwindSafe(|| run(seed)));
                    if let Err(why) = outcome.unwrap_or_else(|_| Err("a panic, see above".to_owned())) {
                        eprintln!("seed {seed}: {why}");
                        failed.lock().expect("no panic while writing").push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic while writing");
    assert!(failed.is_empty(), "failing seeds: {failed:?}");
}
