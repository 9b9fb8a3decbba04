//! One HTTP exchange with a token service: no redirect is followed, no proxy asked, and little is read.

use std::io;

use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use url::Host;

use super::{answer::Answer, client::OAuth2Client};
use wsmon_model::{PeerText, TokenFault, TokenProblem};

/// The most that is read of an answer's body, in bytes.
const MOST_READ: usize = 64 * 1024;

/// Sends a request and reads its answer.
pub(super) async fn exchange(
    client: &OAuth2Client,
    connector: Option<TlsConnector>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, TokenFault> {
    let url = &client.token_url;
    let (host, port) = (url.host().expect("http has hosts"), url.port_or_known_default().expect("http has a port"));
    let connected = match host {
        Host::Domain(name) => TcpStream::connect((name, port)).await,
        Host::Ipv4(address) => TcpStream::connect((address, port)).await,
        Host::Ipv6(address) => TcpStream::connect((address, port)).await,
    };
    let stream = connected.map_err(|error| unreachable(&words(&error)))?;
    let Some(connector) = connector else { return send(stream, request).await };
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|error| unreachable(&error.to_string()))?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
    };
    let stream = connector.connect(name, stream).await;
    send(stream.map_err(|error| unreachable(&format!("no TLS: {}", words(&error))))?, request).await
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, TokenFault> {
    let hung_up = |error: &hyper::Error| {
        let detail = PeerText::new(&error.to_string());
        TokenFault { detail, ..TokenFault::of(TokenProblem::HungUp) }
    };
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| hung_up(&error))?;
    // It ends with this exchange, however that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    answer_to(sender, request).await.map_err(|error| hung_up(&error))
}

async fn answer_to(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, hyper::Error> {
    let (head, body) = sender.send_request(request).await?.into_parts();
    read(head.status, head.headers, body).await
}

async fn read(status: StatusCode, headers: HeaderMap, body: Incoming) -> Result<Answer, hyper::Error> {
    match Limited::new(body, MOST_READ).collect().await {
        Ok(body) => Ok(Answer { status, headers, body: Some(body.to_bytes()) }),
        // Else it is longer than is read.
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(error) => Err(*error),
            Err(_) => Ok(Answer { status, headers, body: None }),
        },
    }
}

fn unreachable(why: &str) -> TokenFault {
    TokenFault { detail: PeerText::new(why), ..TokenFault::of(TokenProblem::Unreachable) }
}

/// Without the number that the operating system's own words end with.
fn words(error: &io::Error) -> String {
    if error.raw_os_error().is_some() { error.kind().to_string() } else { error.to_string() }
}
