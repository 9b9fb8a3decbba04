//! The demo's upstream: a WebSocket service with feeds that behave and feeds that do not, so that
//! every status can be seen without waiting long.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rand::RngExt;
use strum::{EnumString, IntoStaticStr, VariantArray};
use tokio::{
    net::{TcpListener, TcpStream, lookup_host},
    task::AbortHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tracing::info;

use wsmon_manager::Base;
use wsmon_model::EndpointId;

/// How the demo's feeds behave. Each one's name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
enum SampleFeed {
    /// Quotes, four a second.
    #[strum(serialize = "data-feed")]
    Quotes,
    /// A notice every three seconds.
    Notifications,
    /// Hangs up every 20 seconds.
    #[strum(serialize = "closes-every-20s")]
    ClosesEvery20s,
    /// Takes 6 seconds to accept and hangs up soon after; every fourth time it stays.
    SlowToAccept,
    /// Answers HTTP 403.
    Forbidden,
}

impl SampleFeed {
    /// How long the upgrade's answer takes.
    fn accept_delay(self) -> Duration {
        Duration::from_secs(if self == Self::SlowToAccept { 6 } else { 0 })
    }

    /// How long the connection is held the `nth` time, from 0; none for as long as the client does.
    fn lifetime(self, nth: u32) -> Option<Duration> {
        match self {
            Self::ClosesEvery20s => Some(Duration::from_secs(20)),
            // Longer than 30 s now and then, so that the client's backoff starts over.
            Self::SlowToAccept => Some(Duration::from_secs(if nth % 4 == 3 { 40 } else { 3 })),
            Self::Quotes | Self::Notifications | Self::Forbidden => None,
        }
    }

    fn message_every(self) -> Duration {
        Duration::from_millis(if self == Self::Quotes { 250 } else { 3_000 })
    }
}

/// The names of the demo's feeds.
pub(super) fn samples() -> impl Iterator<Item = EndpointId> {
    let names = SampleFeed::VARIANTS.iter().map(<&'static str>::from);
    names.map(|name| name.parse().expect("the demo's names are endpoint names"))
}

/// Why the demo's upstream did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The base URL is not on this machine.
    #[error("--demo needs a ws base URL on this machine, such as ws://localhost:8000/ws/, not {0}")]
    NotHere(Base),
    /// The base URL's port cannot be used.
    #[error("the demo's upstream cannot listen on {address}: {source}; choose another port with --base-url")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        source: io::Error,
    },
}

/// The running upstream; it stops when this is dropped.
pub(super) struct Demo(AbortHandle);

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Demo {
    /// Starts the upstream on the base URL's address, which must be a loopback address.
    pub(super) async fn start(base: &Base) -> Result<Self, DemoError> {
        let not_here = || DemoError::NotHere(base.clone());
        if base.is_tls() {
            return Err(not_here());
        }
        let address = loopback(base).await.ok_or_else(not_here)?;
        let listener = TcpListener::bind(address).await.map_err(|source| DemoError::Listen { address, source })?;
        info!(%address, "the demo's upstream runs");
        let task = tokio::spawn(accept(listener, base.path().into()));
        Ok(Self(task.abort_handle()))
    }
}

/// The base URL's loopback address, IPv4 if it has both kinds.
async fn loopback(base: &Base) -> Option<SocketAddr> {
    let addresses = lookup_host((base.host(), base.port())).await.ok()?;
    addresses.filter(|address| is_loopback(address.ip())).min_by_key(SocketAddr::is_ipv6)
}

fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

async fn accept(listener: TcpListener, path: Arc<str>) {
    let accepted = Arc::new(AtomicU32::new(0));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (path, accepted) = (Arc::clone(&path), Arc::clone(&accepted));
        // A client that breaks off is not the demo's concern.
        tokio::spawn(async move { serve(stream, &path, &accepted).await.ok() });
    }
}

async fn serve(
    stream: TcpStream,
    path: &str,
    slow_accepts: &AtomicU32,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let feed = requested(&stream, path).await?;
    sleep(feed.map_or(Duration::ZERO, SampleFeed::accept_delay)).await;
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let answer = |_: &Request, response: Response| match feed {
        None => Err(refusal(StatusCode::NOT_FOUND)),
        Some(SampleFeed::Forbidden) => Err(refusal(StatusCode::FORBIDDEN)),
        Some(_) => Ok(response),
    };
    let mut socket = accept_hdr_async(stream, answer).await?;
    let Some(feed) = feed else { return Ok(()) };
    let nth = if feed == SampleFeed::SlowToAccept { slow_accepts.fetch_add(1, Ordering::Relaxed) } else { 0 };
    match feed.lifetime(nth) {
        None => talk(&mut socket, feed).await,
        Some(lifetime) => {
            if let Ok(ended) = timeout(lifetime, talk(&mut socket, feed)).await {
                return ended;
            }
            let frame = CloseFrame { code: CloseCode::Away, reason: "the demo hangs up".into() };
            socket.close(Some(frame)).await?;
            while socket.next().await.transpose()?.is_some() {}
            Ok(())
        }
    }
}

/// Reads the feed's name off the request line without consuming it, because the delay must come
/// before the upgrade is answered.
async fn requested(stream: &TcpStream, path: &str) -> io::Result<Option<SampleFeed>> {
    let mut head = [0; 512];
    let length = stream.peek(&mut head).await?;
    let head = String::from_utf8_lossy(&head[..length]);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let name = target.split('?').next().and_then(|target| target.strip_prefix(path));
    Ok(name.and_then(|name| name.parse().ok()))
}

fn refusal(status: StatusCode) -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = status;
    response
}

/// Sends messages until the client leaves.
async fn talk(
    socket: &mut WebSocketStream<TcpStream>,
    feed: SampleFeed,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let mut ticks = interval(feed.message_every());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut price: f64 = 100.0;
    for number in 1_u64.. {
        loop {
            tokio::select! {
                _ = ticks.tick() => break,
                frame = socket.next() => if frame.transpose()?.is_none() { return Ok(()) },
            }
        }
        price += rand::rng().random_range(-0.5..0.5);
        let text = match feed {
            SampleFeed::Quotes => format!(r#"{{"symbol":"ACME","price":{price:.2},"sequence":{number}}}"#),
            _ => format!(r#"{{"notice":"number {number}"}}"#),
        };
        socket.send(Message::text(text)).await?;
    }
    Ok(())
}
