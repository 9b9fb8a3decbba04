//! Opening a WebSocket: name, TCP, TLS, upgrade, under one deadline.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        client::IntoClientRequest,
        http::{HeaderValue, header::USER_AGENT},
    },
};
use url::Url;

use super::{
    ManagerConfig,
    failure::{Failure, Stage},
    options::Options,
    tap::Tap,
    target::Base,
    tls,
};
use crate::{
    model::{EndpointName, PeerText},
    server::clock::Clock,
};

/// A byte stream a WebSocket can run over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A boxed [`Stream`].
pub type BoxStream = Box<dyn Stream>;

/// An open WebSocket.
pub(super) type WebSocket = WebSocketStream<Tap>;

/// How bytes get to a server: the operating system's TCP, or a simulated network.
pub trait Transport: Send + Sync + 'static {
    /// Resolves a host name.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
    /// Opens a connection.
    fn connect(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>>;
}

/// The operating system's resolver and TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Transport for Tcp {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }
}

/// Opens connections below one base URL.
pub(super) struct Dialer {
    base: Base,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    tls: TlsConnector,
    deadline: Duration,
}

impl Dialer {
    pub(super) fn new(base: Base, config: &ManagerConfig) -> Self {
        Self {
            base,
            transport: Arc::clone(&config.transport),
            clock: Arc::clone(&config.clock),
            tls: tls::connector(tls::built_in_roots()),
            deadline: config.handshake_timeout,
        }
    }

    /// Opens a WebSocket to an endpoint within the deadline.
    pub(super) async fn open(&self, endpoint: &EndpointName, options: &Options) -> Result<WebSocket, Failure> {
        if let Some(why) = options.problem() {
            return Err(Failure::Options { detail: PeerText::new(why) });
        }
        let progress = Progress::default();
        let url = self.base.endpoint_url(endpoint, options.query());
        // Boxed, because the handshake's future is far larger than a task that holds a connection.
        let attempt = Box::pin(self.attempt(url, options, &progress));
        timeout(self.deadline, attempt)
            .await
            .unwrap_or_else(|_| Err(Failure::Timeout { stage: progress.stage(), after: self.deadline }))
    }

    async fn attempt(&self, url: Url, options: &Options, progress: &Progress) -> Result<WebSocket, Failure> {
        let tls = match options.ca_file() {
            Some(path) if self.base.is_tls() => &tls::connector(tls::roots_in(path).await?),
            _ => &self.tls,
        };
        let host = self.base.host();
        let addresses = self.transport.resolve(&host, self.base.port()).await;
        let addresses = addresses.unwrap_or_default();
        progress.reached(Stage::Connect);
        let stream = self.connect(&host, &addresses).await?;
        let stream = if self.base.is_tls() {
            progress.reached(Stage::Tls);
            encrypt(tls, host, stream).await?
        } else {
            stream
        };
        progress.reached(Stage::Upgrade);
        self.upgrade(&url, options, stream).await
    }

    /// Tries each address in turn, and tells of the last one's failure.
    async fn connect(&self, host: &str, addresses: &[SocketAddr]) -> Result<BoxStream, Failure> {
        let mut failure = Failure::Dns { host: host.to_owned() };
        for &address in addresses {
            match self.transport.connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Failure::from_connect(&error, &address.to_string()),
            }
        }
        Err(failure)
    }

    async fn upgrade(&self, url: &Url, options: &Options, stream: BoxStream) -> Result<WebSocket, Failure> {
        let invalid = |detail: &str| Failure::InvalidHandshake { detail: PeerText::new(detail) };
        let mut request = url.as_str().into_client_request().map_err(|error| invalid(&error.to_string()))?;
        let agent = concat!("websocket-monitor/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
        request.headers_mut().extend(options.headers().clone());
        match client_async_with_config(request, Tap::new(stream), Some(options.limits())).await {
            Ok((socket, _response)) => Ok(socket),
            Err(error) => Err(Failure::from_upgrade(&error, self.clock.now())),
        }
    }
}

async fn encrypt(tls: &TlsConnector, host: String, stream: BoxStream) -> Result<BoxStream, Failure> {
    let tls_failure = |detail: &str| Failure::Tls { detail: PeerText::new(detail) };
    let name = ServerName::try_from(host).map_err(|error| tls_failure(&error.to_string()))?;
    match tls.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(inner) => Err(tls_failure(&tls::words(inner))),
            None => Err(Failure::HungUp { stage: Stage::Tls }),
        },
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
