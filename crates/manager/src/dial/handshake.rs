//! The two handshakes on an open TCP connection: TLS, and the WebSocket upgrade (RFC 6455 section 4.1).

use std::io;

use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConnection,
        pki_types::{CertificateDer, ServerName},
    },
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
use wsmon_model::{PeerText, Stage};

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

impl NotUpgraded {
    /// The same, of an attempt that had this client certificate to show.
    pub(super) fn with_client(self, client: Option<&PeerText>) -> Self {
        match self {
            Self::Failed(failure) => Self::Failed(failure.with_client(client)),
            refused => refused,
        }
    }
}

/// Agrees on TLS with a host, and tells which certificates that has shown, now or when the session that is resumed began.
pub(super) async fn encrypt(
    tls: &TlsConnector,
    host: String,
    stream: BoxStream,
    shown: impl FnOnce(&[CertificateDer<'_>]),
) -> Result<BoxStream, Failure> {
    let name = ServerName::try_from(host.clone()).map_err(|error| Failure::no_tls_host(&host, &error.to_string()))?;
    let bounded = |session: &mut ClientConnection| session.set_buffer_limit(Some(TLS_BUFFER));
    match with_refusal(tls.connect_with(name, stream, bounded)).await {
        (Ok(stream), _) => {
            shown(stream.get_ref().1.peer_certificates().unwrap_or_default());
            Ok(Box::new(stream))
        }
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
    answer.check(&accept_key(&request.key), subprotocols, |text| secrets.mask(text))?;
    Ok(Upgraded { stream, early, secrets, place })
}

/// Sends a request, and reads the head of its answer and what comes with that.
pub(super) async fn ask(stream: &mut BoxStream, request: &[u8], stage: Stage) -> Result<(Answer, Vec<u8>), Failure> {
    let hung_up = |error| Failure::from_handshake(&error, stage, "", None);
    let sent = async {
        stream.write_all(request).await?;
        stream.flush().await
    };
    if let Err(unsent) = sent.await {
        return Err(said_before(stream).await.map_or_else(|| hung_up(unsent), hung_up));
    }
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

/// What a server said before it hung up: one that wants another certificate of the client's says so only after the
/// handshake (RFC 8446 section 4.4.2.4), so that the request may find it gone.
async fn said_before(stream: &mut BoxStream) -> Option<io::Error> {
    loop {
        match stream.read_buf(&mut Vec::new()).await {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(error).filter(|error| error.get_ref().is_some()),
        }
    }
}
