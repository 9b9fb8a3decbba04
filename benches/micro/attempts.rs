//! A connection's machine, and the circuit breaker before its host: attempts that fail at once.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::Criterion;
use futures_util::future::{BoxFuture, ready};
use tokio::{runtime::Builder, sync::watch};
use wsmon_manager::{Base, BoxStream, ConnectionManager, ManagerConfig, Transport};

use crate::store::Numbered;

/// A network in which nothing listens anywhere.
struct Refusing {
    attempts: watch::Sender<u64>,
}

impl Transport for Refusing {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(ready(Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])))
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        self.attempts.send_modify(|attempts| *attempts += 1);
        Box::pin(ready(Err(io::ErrorKind::ConnectionRefused.into())))
    }
}

/// Attempts after which a host counts as failing.
const WARM: u64 = 10;

pub fn bench(criterion: &mut Criterion) {
    // Alone it never opens the breaker, for which two endpoints have to fail.
    criterion.bench_function("machine: one endpoint's attempt fails, and it waits for the next", |bencher| {
        bencher.iter_custom(|attempts| attempts_of(1, attempts));
    });
    criterion.bench_function("breaker: one of 1000 endpoints probes for all", |bencher| {
        bencher.iter_custom(|attempts| attempts_of(1_000, attempts));
    });
}

/// What that many attempts take of the processor: time passes only while nothing else is left to do.
fn attempts_of(endpoints: u32, attempts: u64) -> Duration {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (attempts_made, mut seen) = watch::channel(0);
        let transport = Arc::new(Refusing { attempts: attempts_made });
        let keeper = Arc::new(Numbered { endpoints, on: true });
        let config = ManagerConfig { seed: 1, transport, keeper, ..ManagerConfig::default() };
        let manager = ConnectionManager::new("ws://upstream/".parse::<Base>().expect("a base URL"), config);
        manager.restore().await.expect("a number");
        let warm = *seen.wait_for(|made| *made >= WARM).await.expect("it is there");
        let began = Instant::now();
        seen.wait_for(|made| *made >= warm + attempts).await.expect("it is there");
        began.elapsed()
    })
}
