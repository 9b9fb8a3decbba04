//! oidc-provider, a token service whose tokens live 5 s, and a feed that takes them and closes when they have expired.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use websocket_monitor::server::oauth2::{OAuth2, OAuth2Client};
use wsmon_manager::{Connectors, Message, TokenService};
use wsmon_model::{Cause, ConnectionOptions, Phase, Secret, ServiceName, TokenRenewal};

use crate::{client::Client, install, server::Server};

/// What the token service knows it by. Its secret has to be encoded before it is sent.
const SECRET: &str = "a s3cret: of/tests+%";

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("oidc-provider")?, "oauth2.mjs").await)
}

/// Connects an endpoint that signs in as this client.
async fn connect(port: u16, path: &str, id: &str, secret: &str, scope: &str) -> Client {
    let url = format!("http://127.0.0.1:{port}{path}");
    let client = OAuth2Client::new(&url, Secret::new(id), Secret::new(secret), Some(scope.to_owned()), None);
    let connectors = Arc::new(Connectors::new(None));
    let oauth2 = OAuth2::new(client.expect("valid"), None, connectors, Duration::from_secs(3));
    let service: Arc<dyn TokenService> = Arc::new(oauth2);
    let options = ConnectionOptions::default();
    Client::connect_with(port, "/ws/", "data-feed", options, |config| {
        config.token_services = BTreeMap::from([(ServiceName::default(), service)]);
    })
    .await
}

fn failed_attempts(client: &Client) -> u64 {
    client.manager.sample().iter().map(|sample| sample.counts.attempts_failed).sum()
}

async fn is_fed(client: &mut Client, message: &str) {
    client.say(Message::text(message)).await;
    assert_eq!(client.hear().await, Message::text(message));
}

#[tokio::test]
async fn a_connection_outlives_its_token_again_and_again() {
    let Some(server) = start().await else { return };
    let mut client = connect(server.port, "/token", "monitor", SECRET, "feeds:read").await;
    for round in ["first", "second", "third"] {
        client.until(Phase::Connected).await;
        is_fed(&mut client, round).await;
        let expiry = client.manager.token_expiry(&client.feed).await.expect("a JWT says when it expires");
        assert_eq!(expiry.renewal, TokenRenewal::Automatic);
        let closed = client.wait_for("a close", |state| state.failure.is_some()).await.failure.expect("a failure");
        assert_eq!(closed.to_string(), "The server closed the connection: 4401, “token expired”.");
    }
    client.until(Phase::Connected).await;
    assert_eq!(failed_attempts(&client), 0);
}

/// A token service that starts anew has other keys, so that the feed refuses the token that the monitor still has.
#[tokio::test]
async fn a_killed_server_is_connected_again_with_a_token_of_the_new_one() {
    let Some(mut server) = start().await else { return };
    let mut client = connect(server.port, "/token", "monitor", SECRET, "feeds:read").await;
    client.is_answered().await;
    server.kill();
    let lost = client.until(Phase::Waiting).await;
    assert_eq!(lost.failure.expect("a failure").cause(), Cause::ConnectionLost);
    server.start_again().await;
    client.until(Phase::Connected).await;
    is_fed(&mut client, "after").await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start().await else { return };
    let refused = "The token service HOST refused a token: ";
    let ills = [
        (
            ("/token", "monitor", "wrong", "feeds:read"),
            Phase::Blocked,
            format!(
                "{refused}“invalid_client”, “client authentication failed”. Check client-id and client-secret in the \
                 service's oauth2 table."
            ),
        ),
        (
            ("/token", "nobody", SECRET, "feeds:read"),
            Phase::Blocked,
            format!(
                "{refused}“invalid_client”, “client authentication failed”. Check client-id and client-secret in the \
                 service's oauth2 table."
            ),
        ),
        (
            ("/token", "monitor", SECRET, "feeds:write"),
            Phase::Blocked,
            format!(
                "{refused}“invalid_scope”, “requested scope is not allowed”. Check scope in the service's oauth2 table."
            ),
        ),
        (
            ("/tokens", "monitor", SECRET, "feeds:read"),
            Phase::Blocked,
            "The token service HOST answered HTTP 404 Not Found instead of a token. Check token-url in the service's oauth2 \
             table."
                .to_owned(),
        ),
        (
            ("/hang", "monitor", SECRET, "feeds:read"),
            Phase::Waiting,
            "The token service HOST did not answer within 3 s.".to_owned(),
        ),
    ];
    let host = format!("127.0.0.1:{}", server.port);
    join_all(ills.map(async |((path, id, secret, scope), phase, sentence)| {
        let mut client = connect(server.port, path, id, secret, scope).await;
        let failed = client.wait_for("a failure", |state| state.failure.is_some()).await;
        assert_eq!(
            failed.failure.expect("a failure").to_string(),
            sentence.replace("HOST", &host),
            "{path} {id} {scope}"
        );
        assert_eq!(failed.phase, phase, "{path} {id} {scope}");
    }))
    .await;
}
