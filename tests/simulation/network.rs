//! A simulated network with one server, cheap enough for months: bytes take a while, vanish or wait
//! while it is partitioned, and the server behind it misbehaves as it is told.

use std::{
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split},
    sync::{Notify, broadcast},
    time::sleep,
};
use wsmon_manager::{BoxStream, Transport};

use crate::{
    census::Census,
    upstream::{Manner, serve},
};

/// What a stream holds before its writer must wait.
const WINDOW: usize = 16 * 1024;

/// The longest way of a byte, in milliseconds.
const LONGEST_WAY_MS: u64 = 50;

/// The longest time for which a flapping server keeps a client, or a slow one keeps it waiting: beyond
/// the deadline of a handshake.
const LONGEST_TIME_MS: u64 = 20_000;

/// What is wrong at the moment; by default nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Nothing arrives; what was sent arrives afterwards, as TCP sends it again.
    pub partitioned: bool,
    /// Nothing listens for new clients.
    pub refusing: bool,
    /// How often the server's process has ended, and its clients with it.
    pub crashes: u32,
    /// The name server is gone.
    pub nameless: bool,
    /// What the server does with a new client.
    pub manner: Manner,
    /// How often what lies between has forgotten its connections: nothing arrives over those any more,
    /// and neither end is told.
    pub amnesia: u32,
}

impl Weather {
    /// Nothing is wrong any more; what was lost stays lost.
    pub fn clear(&mut self) {
        let Self { crashes, amnesia, .. } = *self;
        *self = Self { crashes, amnesia, ..Self::default() };
    }
}

/// The network. Cheap to clone; every clone is the same network.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    weather: Mutex<Weather>,
    /// Wakes in the order of waiting, which a `watch` does not.
    changed: Notify,
    closes: broadcast::Sender<u16>,
    census: Census,
    rng: Mutex<SmallRng>,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Inner {
            weather: Mutex::default(),
            changed: Notify::new(),
            closes: broadcast::Sender::new(16),
            census: Census::default(),
            rng: Mutex::new(SmallRng::seed_from_u64(seed)),
        }))
    }

    /// Changes the weather.
    pub fn change(&self, change: impl FnOnce(&mut Weather)) {
        change(&mut self.0.weather.lock().expect("no panic while changing"));
        self.0.changed.notify_waiters();
    }

    fn weather(&self) -> Weather {
        *self.0.weather.lock().expect("no panic while changing")
    }

    async fn wait_for(&self, condition: impl Fn(Weather) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            if condition(self.weather()) {
                return;
            }
            changed.await;
        }
    }

    /// The server sends every client a close frame.
    pub fn close_all(&self, code: u16) {
        // Nobody need be connected.
        let _ = self.0.closes.send(code);
    }

    /// The streams that the manager holds.
    pub fn census(&self) -> &Census {
        &self.0.census
    }

    fn way(&self) -> Way {
        let delay = self.random_ms(LONGEST_WAY_MS);
        Way { delay, network: self.clone(), amnesia: self.weather().amnesia }
    }

    fn random_ms(&self, longest: u64) -> Duration {
        let mut rng = self.0.rng.lock().expect("no panic while drawing");
        Duration::from_millis(rng.random_range(1..=longest))
    }

    /// Lays a stream to the server, whose task serves it until the server crashes.
    fn lay(&self, way: &Way) -> DuplexStream {
        let (near, near_end) = duplex(WINDOW);
        let (far_end, far) = duplex(WINDOW);
        let (near_read, near_write) = split(near_end);
        let (far_read, far_write) = split(far_end);
        tokio::spawn(carry(near_read, far_write, way.clone()));
        tokio::spawn(carry(far_read, near_write, way.clone()));
        let network = self.clone();
        let Weather { manner, crashes, .. } = self.weather();
        let client = serve(far, manner, self.random_ms(LONGEST_TIME_MS), self.0.closes.subscribe());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = network.wait_for(|weather| weather.crashes != crashes) => {}
                () = client => {}
            }
        });
        near
    }
}

impl Transport for Network {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            sleep(self.random_ms(LONGEST_WAY_MS)).await;
            if self.weather().nameless {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(vec![(Ipv4Addr::LOCALHOST, port).into()])
        })
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let way = self.way();
            if !way.cross().await {
                return pending().await;
            }
            if self.weather().refusing {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            Ok(self.0.census.count(self.lay(&way)))
        })
    }
}

/// The way of one connection through the network.
#[derive(Clone)]
struct Way {
    delay: Duration,
    network: Network,
    amnesia: u32,
}

impl Way {
    /// Waits as long as it takes to arrive; whether it does.
    async fn cross(&self) -> bool {
        sleep(self.delay).await;
        self.network.wait_for(|weather| !weather.partitioned || weather.amnesia != self.amnesia).await;
        self.network.weather().amnesia == self.amnesia
    }
}

/// Carries bytes one way until either end is gone.
async fn carry(mut from: ReadHalf<DuplexStream>, mut to: WriteHalf<DuplexStream>, way: Way) {
    let mut buffer = [0; 1024];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or_default();
        let arrives = way.cross().await;
        if arrives && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        if count == 0 {
            if arrives {
                // Whoever is gone need not hear that the other end is.
                let _ = to.shutdown().await;
            }
            return;
        }
    }
}
