//! The network, and a note of every attempt to connect: the upstream cannot see those it refuses.

use std::{
    io, mem,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use wsmon_manager::{BoxStream, Tcp, Transport};

#[derive(Default)]
pub struct Noted(Mutex<Vec<Instant>>);

impl Noted {
    /// The attempts since the last time.
    pub fn take(&self) -> Vec<Instant> {
        mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Noted {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Tcp.resolve(host, port)
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        self.lock().push(Instant::now());
        Tcp.connect(address, unacknowledged)
    }
}

/// The most attempts in any second; they come in the order of time.
pub fn most_in_a_second(attempts: &[Instant]) -> usize {
    let from = |first: usize| {
        let end = attempts[first] + Duration::from_secs(1);
        attempts[first..].partition_point(|at| *at < end)
    };
    (0..attempts.len()).map(from).max().unwrap_or_default()
}
