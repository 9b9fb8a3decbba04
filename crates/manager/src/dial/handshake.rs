//! The two handshakes on an open TCP connection: TLS, and the WebSocket upgrade.

use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        client::IntoClientRequest,
        http::{
            HeaderMap, HeaderValue,
            header::{SEC_WEBSOCKET_EXTENSIONS, USER_AGENT},
        },
    },
};
use url::Url;

use super::transport::BoxStream;
use crate::{clock::Clock, failure::Failure, options::Options, stage::Stage, tap::Tap, tls};
use wsmon_model::PeerText;

/// An open WebSocket.
pub(crate) type WebSocket = WebSocketStream<Tap>;

/// Agrees on TLS with a host.
pub(super) async fn encrypt(tls: &TlsConnector, host: String, stream: BoxStream) -> Result<BoxStream, Failure> {
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

/// Upgrades a stream to a WebSocket.
pub(super) async fn upgrade(
    url: &Url,
    options: &Options,
    stream: BoxStream,
    clock: &dyn Clock,
) -> Result<WebSocket, Failure> {
    let invalid = |detail: &str| Failure::InvalidHandshake { detail: PeerText::new(detail) };
    let mut request = url.as_str().into_client_request().map_err(|error| invalid(&error.to_string()))?;
    let agent = concat!("websocket-monitor/", env!("CARGO_PKG_VERSION"));
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
    request.headers_mut().extend(options.headers().clone());
    let answered = client_async_with_config(request, Tap::new(stream), Some(options.limits())).await;
    let (socket, response) = answered.map_err(|error| Failure::from_upgrade(&error, clock.now()))?;
    match extension(response.headers()) {
        // tungstenite does not look; frames of an extension that we do not know cannot be read.
        Some(name) => Err(invalid(&format!("it uses the extension “{name}”, which nobody offered"))),
        None => Ok(socket),
    }
}

/// The name of the first extension that an answer says is in use (RFC 6455 section 9.1). We offer none,
/// so any fails the connection (section 4.1).
fn extension(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|byte| matches!(byte, b',' | b';')));
    let mut names = names.map(<[u8]>::trim_ascii);
    names.find(|name| !name.is_empty()).map(|name| String::from_utf8_lossy(name).into_owned())
}
