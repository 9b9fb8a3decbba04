//! The two handshakes on an open TCP connection: TLS, and the WebSocket upgrade (RFC 6455 section 4.1).

use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConnection, pki_types::ServerName},
};
use url::Url;

use super::{
    answer::{Answer, accept_key},
    refusal::Refusal,
    request::Request,
    socket_limit::Place,
    transport::BoxStream,
};
use crate::{certificate::with_refusal, failure::Failure, secrets::Secrets};
use wsmon_model::Stage;

/// The most that waits in a TLS session to be sent, in bytes: one record (RFC 8446 section 5.1). The outbox has the rest.
const TLS_BUFFER: usize = 16 * 1024;

/// A stream that has been upgraded.
pub(super) struct Upgraded {
    pub(super) stream: BoxStream,
    /// What came with the head of the answer.
    pub(super) early: Vec<u8>,
    pub(super) secrets: Secrets,
    pub(super) place: Place,
}

/// Why a stream was not upgraded.
pub(super) enum NotUpgraded {
    /// The server answered with another status.
    Refused(Box<Refusal>),
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for NotUpgraded {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Agrees on TLS with a host.
pub(super) async fn encrypt(tls: &TlsConnector, host: String, stream: BoxStream) -> Result<BoxStream, Failure> {
    let name = ServerName::try_from(host.clone()).map_err(|error| Failure::no_tls_host(&host, &error.to_string()))?;
    let bounded = |session: &mut ClientConnection| session.set_buffer_limit(Some(TLS_BUFFER));
    match with_refusal(tls.connect_with(name, stream, bounded)).await {
        (Ok(stream), _) => Ok(Box::new(stream)),
        (Err(error), refused) => Err(Failure::from_handshake(&error, Stage::Tls, &host, refused)),
    }
}

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) url: Url,
    pub(super) fields: HeaderMap,
    pub(super) subprotocols: &'a [String],
    /// What of it is secret.
    pub(super) secrets: Secrets,
}

/// Upgrades a stream to a WebSocket.
pub(super) async fn upgrade(
    Asked { url, fields, subprotocols, secrets }: Asked<'_>,
    mut stream: BoxStream,
    place: Place,
) -> Result<Upgraded, NotUpgraded> {
    let request = Request::new(&url, &fields, rand::random());
    let (answer, early) = ask(&mut stream, &request.head, Stage::Upgrade).await?;
    if !answer.is_switching() {
        return Err(NotUpgraded::Refused(Box::new(Refusal { secrets, answer, early, stream, _place: place })));
    }
    answer.check(&accept_key(&request.key), subprotocols)?;
    Ok(Upgraded { stream, early, secrets, place })
}

/// Sends a request, and reads the head of its answer and what comes with that.
pub(super) async fn ask(stream: &mut BoxStream, request: &[u8], stage: Stage) -> Result<(Answer, Vec<u8>), Failure> {
    // A server that wants another certificate of the client's says so only now (RFC 8446 section 4.4.2.4).
    let hung_up = |error| Failure::from_handshake(&error, stage, "", None);
    stream.write_all(request).await.map_err(hung_up)?;
    stream.flush().await.map_err(hung_up)?;
    let mut read = Vec::with_capacity(1_024);
    loop {
        let before = read.len();
        if stream.read_buf(&mut read).await.map_err(hung_up)? == 0 {
            return Err(Failure::HungUp { stage, errno: None });
        }
        if let Some((answer, size)) = Answer::parse(&read, before)? {
            let early = read.split_off(size);
            return Ok((answer, early));
        }
    }
}
