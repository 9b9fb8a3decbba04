//! The two handshakes on an open TCP connection: TLS, and the WebSocket upgrade.

use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error as WsError,
        client::IntoClientRequest,
        http::{
            HeaderMap, HeaderValue,
            header::{SEC_WEBSOCKET_EXTENSIONS, USER_AGENT},
        },
        protocol::Role,
    },
};
use url::Url;

use super::{refusal::Refusal, transport::BoxStream};
use crate::{certificate::with_refusal, failure::Failure, options::CheckedOptions, tap::Tap};
use wsmon_model::{PeerText, Stage};

/// An open WebSocket.
pub(crate) type WebSocket = WebSocketStream<Tap>;

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
    match with_refusal(tls.connect(name, stream)).await {
        (Ok(stream), _) => Ok(Box::new(stream)),
        (Err(error), refused) => Err(Failure::from_handshake(&error, Stage::Tls, &host, refused)),
    }
}

/// Upgrades a stream to a WebSocket.
pub(super) async fn upgrade(url: &Url, options: &CheckedOptions, stream: BoxStream) -> Result<WebSocket, NotUpgraded> {
    let invalid = |detail: &str| Failure::InvalidHandshake { detail: PeerText::new(detail) };
    let mut request = url.as_str().into_client_request().map_err(|error| invalid(&error.to_string()))?;
    let agent = concat!("websocket-monitor/", env!("CARGO_PKG_VERSION"));
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
    request.headers_mut().extend(options.headers().clone());
    let mut stream = Tap::new(stream);
    // Lent, so that of an answer that refuses the body can be read. The tap holds back what comes after the head.
    let response = match client_async_with_config(request, &mut stream, Some(options.limits())).await {
        Ok((_, response)) => response,
        Err(WsError::Http(answer)) => {
            let (answer, _) = answer.into_parts();
            return Err(NotUpgraded::Refused(Box::new(Refusal {
                query: url.query().map(str::to_owned),
                status: answer.status,
                headers: answer.headers,
                stream,
            })));
        }
        Err(error) => return Err(Failure::from_upgrade(&error).into()),
    };
    match extension(response.headers()) {
        // tungstenite does not look; frames of an extension that we do not know cannot be read.
        Some(name) => Err(invalid(&format!("it uses the extension “{name}”, which nobody offered")).into()),
        None => Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(options.limits())).await),
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
