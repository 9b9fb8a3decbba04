//! Opening a WebSocket: name, TCP, TLS, upgrade, under one deadline.

mod answer;
mod handshake;
mod happy_eyeballs;
mod progress;
mod refusal;
mod request;
mod socket_limit;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use url::Url;

pub use self::transport::{BoxStream, Stream, Tcp, Transport};
use self::{
    handshake::{NotUpgraded, Upgraded, encrypt, upgrade},
    progress::Progress,
    socket_limit::{Place, SocketLimit},
};
use super::{
    config::ManagerConfig, failure::Failure, frame::Decoder, in_flight::InFlight, options::CheckedOptions,
    service::Upstream, target::Base, tls::Connectors,
};
use crate::clock::Clock;
use wsmon_model::{Attempt, EndpointName, PeerText, Stage};

/// An open WebSocket.
pub(super) struct WebSocket {
    pub(super) stream: BoxStream,
    /// What came with the head of the answer, and has yet to be decoded.
    pub(super) early: Vec<u8>,
    pub(super) decoder: Decoder,
    /// The most that is read at once, in bytes.
    pub(super) read_at_once: usize,
    /// The longest message that can be sent, in bytes, with its header.
    pub(super) longest_sent: usize,
    /// Held as long as the stream is open.
    _place: Place,
}

/// Opens connections.
pub(super) struct Dialer {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    tls: Connectors,
    sockets: SocketLimit,
    in_flight: Arc<InFlight>,
    deadline: Duration,
}

impl Dialer {
    pub(super) fn new(config: &ManagerConfig) -> Self {
        Self {
            transport: Arc::clone(&config.transport),
            clock: Arc::clone(&config.clock),
            tls: Connectors::new(config.secrets_dir.clone()),
            sockets: SocketLimit::new(config.most_sockets),
            in_flight: InFlight::new(config.most_in_flight),
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
            Some(path) => self.tls.of_file(path).await.map(drop),
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
            Some(path) if base.is_tls() => self.tls.of_file(path).await?,
            _ => self.tls.built_in(),
        };
        let host = base.host();
        let (stream, place) = self.connect(&host, base.port(), place, progress).await?;
        let stream = if base.is_tls() {
            progress.reached(Stage::Tls);
            encrypt(&tls, host, stream).await?
        } else {
            stream
        };
        progress.reached(Stage::Upgrade);
        let Upgraded { stream, early, place } = upgrade(&url, options, stream, place).await?;
        let decoder = Decoder::new(options.limits(), Arc::clone(&self.in_flight));
        let (read_at_once, longest_sent) = (options.read_at_once(), options.longest_sent());
        Ok(WebSocket { stream, early, decoder, read_at_once, longest_sent, _place: place })
    }

    /// Opens a TCP connection to whichever of the host's addresses answers first.
    async fn connect(
        &self,
        host: &str,
        port: u16,
        place: Place,
        progress: &Progress,
    ) -> Result<(BoxStream, Place), Failure> {
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
                    Ok(stream) => Ok((stream, place, address)),
                    Err(error) => Err(Failure::from_connect(&error, address)),
                }
            }
        });
        match opened.await {
            Some(Ok((stream, place, address))) => {
                progress.tries(address);
                Ok((stream, place))
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
