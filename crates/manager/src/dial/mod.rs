//! Opening a WebSocket: name, TCP, a proxy's tunnel, TLS, upgrade, under one deadline.

mod answer;
mod check;
mod handshake;
mod happy_eyeballs;
mod progress;
mod refusal;
mod request;
mod socket_limit;
mod transport;
mod tunnel;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::pki_types::CertificateDer;

pub(super) use self::progress::Progress;
pub use self::transport::{BoxStream, Stream, Tcp, Transport};
use self::{
    handshake::{Asked, NotUpgraded, Upgraded, encrypt, upgrade},
    socket_limit::{Place, SocketLimit},
};
use super::{
    config::ManagerConfig,
    failure::Failure,
    frame::Decoder,
    in_flight::InFlight,
    invalid_options::InvalidOptions,
    options::CheckedOptions,
    request_fields,
    secrets::Secrets,
    secrets_dir::SecretsDir,
    service::Upstream,
    target::Base,
    tls::{Connectors, Tls},
    tokens::Token,
};
use crate::clock::Clock;
use wsmon_model::{EndpointName, PeerText, Secret, Stage};

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
    /// What was sent, or will be, and is not to be told.
    pub(super) secrets: Option<Box<Secrets>>,
    /// Held as long as the stream is open.
    _place: Place,
}

/// Which WebSocket is to be opened.
#[derive(Clone, Copy)]
struct Destination<'a> {
    upstream: &'a Upstream,
    base: &'a Base,
    endpoint: &'a EndpointName,
    options: &'a CheckedOptions,
}

/// What a TCP connection is opened with.
struct Reach<'a> {
    place: Place,
    /// How long what was sent may stay unacknowledged.
    unacknowledged: Duration,
    progress: &'a Progress,
}

/// Opens connections.
pub(super) struct Dialer {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    pub(super) tls: Connectors,
    secrets_dir: Option<SecretsDir>,
    sockets: SocketLimit,
    in_flight: Arc<InFlight>,
    deadline: Duration,
    /// How often connections are pinged and how long a pong may take, unless their options say otherwise.
    pings: (Duration, Duration),
}

impl Dialer {
    pub(super) fn new(config: &ManagerConfig) -> Self {
        Self {
            transport: Arc::clone(&config.transport),
            clock: Arc::clone(&config.clock),
            tls: Connectors::new(config.secrets_dir.clone()),
            secrets_dir: config.secrets_dir.clone(),
            sockets: SocketLimit::new(config.most_sockets),
            in_flight: InFlight::new(config.most_in_flight),
            deadline: config.handshake_timeout,
            pings: (config.ping_interval, config.pong_timeout),
        }
    }

    /// Opens a WebSocket to an endpoint of a service within the deadline. A token to sign in with is waited for before, as
    /// long again at most, so that a slow token service is never taken for a slow host.
    pub(super) async fn open(
        &self,
        upstream: &Upstream,
        endpoint: &EndpointName,
        options: &CheckedOptions,
        progress: &Progress,
    ) -> Result<WebSocket, Failure> {
        let Some(base) = &upstream.base else {
            return Err(Failure::NotConfigured { service: upstream.name.clone() });
        };
        if let Some(why) = options.problem() {
            return Err(Failure::Options { detail: PeerText::new(why) });
        }
        let to = Destination { upstream, base, endpoint, options };
        let Some(tokens) = upstream.tokens.as_ref().filter(|_| !options.sign_in()) else {
            return self.open_with(None, to, progress).await;
        };
        let token = tokens.get(self.deadline).await?;
        let opened = self.open_with(Some(&token), to, progress).await;
        if !is_unauthorized(&opened) {
            return opened;
        }
        // It may have been revoked, or expired by the service's clock. Tried once more, with a newer one.
        let Some(newer) = tokens.instead_of(&token, self.deadline).await? else { return opened };
        progress.begin_anew();
        let opened = self.open_with(Some(&newer), to, progress).await;
        tokens.judged(&newer, !is_unauthorized(&opened));
        opened
    }

    /// The same with this token, if any is needed.
    async fn open_with(
        &self,
        token: Option<&Token>,
        to: Destination<'_>,
        progress: &Progress,
    ) -> Result<WebSocket, Failure> {
        let deadline = Instant::now() + self.deadline;
        match timeout_at(deadline, self.attempt(token, to, progress)).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(NotUpgraded::Failed(failure))) => Err(failure),
            Ok(Err(NotUpgraded::Refused(refusal))) => {
                progress.answered();
                Err(refusal.read(deadline, self.clock.now()).await)
            }
            Err(_) => Err(Failure::Timeout { stage: progress.stage(), after: self.deadline }),
        }
    }

    /// The secrets that options refer to, as they are now.
    async fn secrets(&self, options: &CheckedOptions) -> Result<Secrets, Failure> {
        let references = options.references().map(|(_, reference)| reference);
        Secrets::read(references, self.secrets_dir.as_ref()).await
    }

    /// What an endpoint's upgrade request asks for, with its secrets as they are now.
    async fn asked<'a>(
        &self,
        token: Option<&Token>,
        Destination { base, endpoint, options, .. }: Destination<'a>,
    ) -> Result<Asked<'a>, Failure> {
        let mut secrets = self.secrets(options).await?;
        let given = options.in_force();
        // The failure's sentence goes on.
        let unusable =
            |why: InvalidOptions| Failure::Options { detail: PeerText::new(why.to_string().trim_end_matches('.')) };
        let mut fields = request_fields::resolved(given, &mut secrets).map_err(unusable)?;
        if let Some(token) = token {
            request_fields::add_bearer(&mut fields, &token.secret).map_err(unusable)?;
            secrets.add([token.secret.clone()]);
        }
        let query = given.query.as_ref().map(|query| secrets.resolve(query));
        let query = query.as_ref().map(Secret::expose).filter(|query| !query.is_empty());
        let url = base.endpoint_url(endpoint, query);
        // As it is written in the URL, and that of the base.
        secrets.add_query(url.query().unwrap_or_default());
        Ok(Asked { url, fields, subprotocols: &given.subprotocols, secrets })
    }

    async fn attempt(
        &self,
        token: Option<&Token>,
        to: Destination<'_>,
        progress: &Progress,
    ) -> Result<WebSocket, NotUpgraded> {
        let Destination { upstream, base, options, .. } = to;
        // Before anything that needs a descriptor, such as reading a file or asking a name server.
        let place = self.sockets.take()?;
        let asked = self.asked(token, to).await?;
        let tls = if base.is_tls() { Some(self.tls(upstream, options).await?) } else { None };
        let host = base.host();
        // A ping that stays unacknowledged for as long as its pong may take is as good as none.
        let (interval, timeout) = options.pings(self.pings);
        let reach = Reach { place, unacknowledged: interval + timeout, progress };
        let (stream, place) = match &upstream.proxy {
            None => self.connect(&host, base.port(), reach).await?,
            Some(proxy) => self.connect_through(proxy, &host, base.port(), reach).await?,
        };
        let stream = match &tls {
            Some(tls) => {
                progress.reached(Stage::Tls);
                self.encrypt(upstream, tls, host, stream).await?
            }
            None => stream,
        };
        progress.reached(Stage::Upgrade);
        let client = tls.as_ref().and_then(|tls| tls.client.as_ref()).map(|client| &client.subject);
        let upgraded = upgrade(asked, stream, place).await.map_err(|why| why.with_client(client))?;
        let Upgraded { stream, early, secrets, place } = upgraded;
        let decoder = Decoder::new(options.limits(), Arc::clone(&self.in_flight));
        let (read_at_once, longest_sent) = (options.read_at_once(), options.longest_sent());
        let secrets = secrets.boxed();
        Ok(WebSocket { stream, early, decoder, read_at_once, longest_sent, secrets, _place: place })
    }

    /// How to agree on TLS with a service's host, with its files as they are now.
    async fn tls(&self, upstream: &Upstream, options: &CheckedOptions) -> Result<Tls, Failure> {
        let tls = self.tls.of(options.ca_file(), &upstream.tls).await?;
        if let Some(client) = &tls.client {
            client.check(self.clock.now())?;
        }
        Ok(tls)
    }

    /// Agrees on TLS with a service's host, and notes which certificate that has shown.
    async fn encrypt(
        &self,
        upstream: &Upstream,
        tls: &Tls,
        host: String,
        stream: BoxStream,
    ) -> Result<BoxStream, Failure> {
        let shown = |chain: &[CertificateDer<'_>]| upstream.certificate.shown(chain, self.clock.now());
        encrypt(&tls.connector, host, stream, shown).await.map_err(|failure| {
            if let Failure::Tls { fault, .. } = &failure {
                upstream.certificate.refused(fault, self.clock.now());
            }
            failure.with_client(tls.client.as_ref().map(|client| &client.subject))
        })
    }

    /// Opens a TCP connection to whichever of the host's addresses answers first.
    async fn connect(
        &self,
        host: &str,
        port: u16,
        Reach { place, unacknowledged, progress }: Reach<'_>,
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
                match self.transport.connect(address, unacknowledged).await {
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

/// Whether the service wants other credentials (RFC 9110 section 15.5.2).
fn is_unauthorized(opened: &Result<WebSocket, Failure>) -> bool {
    matches!(opened, Err(Failure::Http(answer)) if answer.status == 401)
}
