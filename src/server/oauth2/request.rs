//! The request for a token (RFC 6749 section 4.4.2).

use axum::http::{
    HeaderValue, Method, Request,
    header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::Full;
use hyper::body::Bytes;
use url::{Position, form_urlencoded};

use super::client::OAuth2Client;
use wsmon_manager::{Failure, SecretsDir, mask_secrets, read_secret};
use wsmon_model::{PeerText, Secret};

const AGENT: &str = concat!("websocket-monitor/", env!("CARGO_PKG_VERSION"));

/// What a client is known by.
pub(super) struct Credentials {
    secret: Secret,
    /// Both as they are sent (RFC 6749 section 2.3.1).
    basic: String,
}

impl Credentials {
    /// Reads what the client refers to anew.
    pub(super) async fn read(client: &OAuth2Client, directory: Option<&SecretsDir>) -> Result<Self, Failure> {
        let (id, secret) = (read_secret(&client.id, directory).await?, read_secret(&client.secret, directory).await?);
        Ok(Self::new(&id, secret))
    }

    pub(super) fn new(id: &Secret, secret: Secret) -> Self {
        let encoded = |text: &Secret| form_urlencoded::byte_serialize(text.expose().as_bytes()).collect::<String>();
        let basic = BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(&secret)));
        Self { secret, basic }
    }

    /// What a token service wrote, without the client's secret.
    pub(super) fn masked(&self, text: &str) -> PeerText {
        let encoded: String = form_urlencoded::byte_serialize(self.secret.expose().as_bytes()).collect();
        PeerText::new(&mask_secrets(text, [self.secret.expose(), &encoded, &self.basic].into_iter()))
    }
}

/// The request, whose answer is the last one of its connection.
pub(super) fn token_request(client: &OAuth2Client, credentials: &Credentials) -> Request<Full<Bytes>> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    form.extend_pairs(client.scope.iter().map(|scope| ("scope", scope)));
    let mut authorization =
        HeaderValue::try_from(format!("Basic {}", credentials.basic)).expect("Base64 is fit for a header");
    authorization.set_sensitive(true);
    let url = &client.token_url;
    Request::builder()
        .method(Method::POST)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close")
        .body(Full::new(Bytes::from(form.finish())))
        .expect("a URL's parts are fit for a request")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::{super::client::tests::client, *};

    #[tokio::test]
    async fn it_is_what_the_standard_asks_for() {
        let client = client("https://auth.example:8443/oauth/token?tenant=7", Some("feeds:read feeds")).expect("valid");
        let credentials = Credentials::read(&client, None).await.expect("nothing is referred to");
        let request = token_request(&client, &credentials);
        assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::POST, "/oauth/token?tenant=7"));
        let header = |name| request.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header(HOST), "auth.example:8443");
        // Each form-urlencoded before they are joined.
        let expected = BASE64_STANDARD.encode("client%3A1:s3cret+of+mine%2F%C3%A9");
        assert_eq!(header(AUTHORIZATION), format!("Basic {expected}"));
        assert!(!format!("{request:?}").contains(&expected));
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(body, "grant_type=client_credentials&scope=feeds%3Aread+feeds");

        let told = credentials.masked(&format!("no s3cret of mine/é and no {expected}"));
        assert_eq!(told.as_str(), "no •••••• and no ••••••");
    }
}
