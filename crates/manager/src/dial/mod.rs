//! Opening a WebSocket: name, TCP, TLS, upgrade, under one deadline.

mod handshake;
mod happy_eyeballs;
mod progress;
mod refusal;
mod socket_limit;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::Url;

pub(super) use self::handshake::WebSocket;
pub use self::transport::{BoxStream, Stream, Tcp, Transport};
use self::{
    handshake::{NotUpgraded, encrypt, upgrade},
    progress::Progress,
    socket_limit::{Place, SocketLimit},
};
use super::{
    config::ManagerConfig, failure::Failure, options::CheckedOptions, secrets_dir::SecretsDir, service::Upstream,
    target::Base, tls,
};
use crate::clock::Clock;
use wsmon_model::{Attempt, EndpointName, PeerText, Stage};

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

    /// Opens a WebSocket to an endpoint of a service within the deadline, and tells how the attempt went, if one began.
    pub(super) async fn open(
        &self,
        upstream: &Upstream,
        endpoint: &EndpointName,
        options: &CheckedOptions,
    ) -> (Result<WebSocket, Failure>, Option<Arc<Attempt>>) {
        let progress = Progress::default();
        let opened = self.open_noting(&progress, upstream, endpoint, options).await;
        if opened.is_ok() {
            progress.reached(Stage::Open);
        }
        (opened, progress.end().map(Arc::new))
    }

    async fn open_noting(
        &self,
        progress: &Progress,
        upstream: &Upstream,
        endpoint: &EndpointName,
        options: &CheckedOptions,
    ) -> Result<WebSocket, Failure> {
        let Some(base) = &upstream.base else {
            return Err(Failure::NotConfigured { service: upstream.name.clone() });
        };
        if let Some(why) = options.problem() {
            return Err(Failure::Options { detail: PeerText::new(why) });
        }
        let url = base.endpoint_url(endpoint, options.query());
        let deadline = Instant::now() + self.deadline;
        match timeout_at(deadline, self.attempt(base, url, options, progress)).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(NotUpgraded::Failed(failure))) => Err(failure),
            Ok(Err(NotUpgraded::Refused(refusal))) => {
                progress.answered();
                Err(refusal.read(deadline, options, self.clock.now()).await)
            }
            Err(_) => Err(Failure::Timeout { stage: progress.stage(), after: self.deadline }),
        }
    }

    /// Whether the files that options name can be used.
    pub(super) async fn check(&self, options: &CheckedOptions) -> Result<(), Failure> {
        match options.ca_file() {
            Some(path) => tls::roots_in(self.secrets_dir.as_ref(), path).await.map(drop),
            None => Ok(()),
        }
    }

    async fn attempt(
        &self,
        base: &Base,
        url: Url,
        options: &CheckedOptions,
        progress: &Progress,
    ) -> Result<WebSocket, NotUpgraded> {
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
        upgrade(&url, options, stream).await
    }

    /// Opens a TCP connection to whichever of the host's addresses answers first.
    async fn connect(&self, host: &str, port: u16, place: Place, progress: &Progress) -> Result<BoxStream, Failure> {
        progress.reached(Stage::Dns);
        let addresses = self.transport.resolve(host, port).await;
        let addresses = addresses.map_err(|error| Failure::from_resolve(&error, host))?;
        progress.reached(Stage::Tcp);
        let mut place = Some(place);
        let opened = happy_eyeballs::race(&addresses, |address| {
            progress.tries(address);
            let place = place.take().map_or_else(|| self.sockets.take(), Ok);
            async move {
                let place = place?;
                match self.transport.connect(address).await {
                    Ok(stream) => Ok((place.hold(stream), address)),
                    Err(error) => Err(Failure::from_connect(&error, address)),
                }
            }
        });
        match opened.await {
            Some(Ok((stream, address))) => {
                progress.tries(address);
                Ok(stream)
            }
            Some(Err(failure)) => {
                if let Some(address) = failure.address() {
                    progress.tries(address);
                }
                Err(failure)
            }
            None => Err(Failure::no_address(host)),
        }
    }
}
