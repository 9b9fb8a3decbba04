//! The same storm without a gate: every connection comes back by itself, after full jitter.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::StreamExt;
use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async_with_config, tungstenite::protocol::WebSocketConfig};
use wsmon_manager::{Backoff, BoxStream, Transport};

use crate::{
    CONNECTIONS, Storm, all_connected,
    filled_store::endpoint,
    happen,
    network::{Noted, most_in_a_second},
    upstream::Upstream,
};

/// As the manager's.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// As the manager has it by default.
const UNACKNOWLEDGED: Duration = Duration::from_secs(25);

/// What all connections share.
struct Shared {
    address: SocketAddr,
    network: Noted,
    connected: AtomicU32,
}

impl Shared {
    async fn hold(&self, number: u32) {
        let mut rng = SmallRng::seed_from_u64(number.into());
        let mut failures = 0;
        loop {
            if let Ok(Some(mut socket)) = timeout(HANDSHAKE_TIMEOUT, self.dial(number)).await {
                failures = 0;
                self.connected.fetch_add(1, Relaxed);
                while let Some(Ok(_)) = socket.next().await {}
                self.connected.fetch_sub(1, Relaxed);
            }
            failures += 1;
            sleep(Backoff::default().delay(failures, &mut rng)).await;
        }
    }

    async fn dial(&self, number: u32) -> Option<WebSocketStream<BoxStream>> {
        let stream = self.network.connect(self.address, UNACKNOWLEDGED).await.ok()?;
        let url = format!("ws://{}/ws/{}", self.address, endpoint(number));
        let config = WebSocketConfig::default().read_buffer_size(4 * 1_024).write_buffer_size(0);
        let (socket, _) = client_async_with_config(url, stream, Some(config)).await.ok()?;
        Some(socket)
    }
}

pub async fn storm() -> Storm {
    let mut upstream = Upstream::start();
    let shared =
        Arc::new(Shared { address: upstream.address, network: Noted::default(), connected: AtomicU32::new(0) });
    let mut connections = JoinSet::new();
    for number in 0..CONNECTIONS {
        let shared = Arc::clone(&shared);
        connections.spawn(async move { shared.hold(number).await });
    }
    let connected = async || shared.connected.load(Relaxed);
    all_connected(connected).await;

    shared.network.take();
    let (back_after, _) = happen(&mut upstream, connected).await;
    let attempts = shared.network.take();
    Storm {
        attempts_each: attempts.len() as f64 / f64::from(CONNECTIONS),
        most_in_a_second: Some(most_in_a_second(&attempts)),
        back_after,
        page: None,
    }
}
