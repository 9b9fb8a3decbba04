//! Opening a WebSocket: name, TCP, TLS, upgrade, under one deadline.

mod handshake;
mod happy_eyeballs;
mod socket_limit;
mod transport;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

pub(super) use self::handshake::WebSocket;
pub use self::transport::{BoxStream, Stream, Tcp, Transport};
use self::{
    handshake::{encrypt, upgrade},
    socket_limit::{Place, SocketLimit},
};
use super::{
    config::ManagerConfig,
    failure::Failure,
    options::Options,
    secrets_dir::SecretsDir,
    service::Upstream,
    stage::{NameError, Stage},
    target::Base,
    tls,
};
use crate::clock::Clock;
use wsmon_model::{EndpointName, PeerText};

/// Opens connections.
pub(super) struct Dialer {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    tls: TlsConnector,
    secrets_dir: Option<SecretsDir>,
    sockets: SocketLimit,
    deadline: Duration,
}

impl Dialer {
    pub(super) fn new(config: &ManagerConfig) -> Self {
        Self {
            transport: Arc::clone(&config.transport),
            clock: Arc::clone(&config.clock),
            tls: tls::connector(tls::built_in_roots()),
            secrets_dir: config.secrets_dir.clone(),
            sockets: SocketLimit::new(config.most_sockets),
            deadline: config.handshake_timeout,
        }
    }

    /// Opens a WebSocket to an endpoint of a service within the deadline.
    pub(super) async fn open(
        &self,
        upstream: &Upstream,
        endpoint: &EndpointName,
        options: &Options,
    ) -> Result<WebSocket, Failure> {
        let Some(base) = &upstream.base else {
            return Err(Failure::NotConfigured { service: upstream.name.clone() });
        };
        if let Some(why) = options.problem() {
            return Err(Failure::Options { detail: PeerText::new(why) });
        }
        let progress = Progress::default();
        let url = base.endpoint_url(endpoint, options.query());
        // Boxed, because the handshake's future is far larger than a task that holds a connection.
        let attempt = Box::pin(self.attempt(base, url, options, &progress));
        timeout(self.deadline, attempt)
            .await
            .unwrap_or_else(|_| Err(Failure::Timeout { stage: progress.stage(), after: self.deadline }))
    }

    /// Whether the files that options name can be used.
    pub(super) async fn check(&self, options: &Options) -> Result<(), Failure> {
        match options.ca_file() {
            Some(path) => tls::roots_in(self.secrets_dir.as_ref(), path).await.map(drop),
            None => Ok(()),
        }
    }

    async fn attempt(
        &self,
        base: &Base,
        url: Url,
        options: &Options,
        progress: &Progress,
    ) -> Result<WebSocket, Failure> {
        // Before anything that needs a descriptor, such as reading a file or asking a name server.
        let place = self.sockets.take()?;
        let tls = match options.ca_file() {
            Some(path) if base.is_tls() => &tls::connector(tls::roots_in(self.secrets_dir.as_ref(), path).await?),
            _ => &self.tls,
        };
        let host = base.host();
        let stream = self.connect(&host, base.port(), place, progress).await?;
        let stream = if base.is_tls() {
            progress.reached(Stage::Tls);
            encrypt(tls, host, stream).await?
        } else {
            stream
        };
        progress.reached(Stage::Upgrade);
        upgrade(&url, options, stream, &*self.clock).await
    }

    /// Opens a TCP connection to whichever of the host's addresses answers first.
    async fn connect(&self, host: &str, port: u16, place: Place, progress: &Progress) -> Result<BoxStream, Failure> {
        let addresses = self.transport.resolve(host, port).await;
        let addresses = addresses.map_err(|error| Failure::from_resolve(&error, host))?;
        progress.reached(Stage::Connect);
        let mut place = Some(place);
        let opened = happy_eyeballs::race(&addresses, |address| {
            let place = place.take().map_or_else(|| self.sockets.take(), Ok);
            async move {
                let place = place?;
                match self.transport.connect(address).await {
                    Ok(stream) => Ok(place.hold(stream)),
                    Err(error) => Err(Failure::from_connect(&error, address)),
                }
            }
        });
        opened.await.unwrap_or_else(|| Err(Failure::Dns { host: host.to_owned(), why: NameError::NotFound }))
    }
}

/// The stage an attempt has reached, for the message when its deadline passes.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    const STAGES: [Stage; 4] = [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Upgrade];

    fn reached(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    fn stage(&self) -> Stage {
        Self::STAGES[usize::from(self.0.load(Ordering::Relaxed))]
    }
}
