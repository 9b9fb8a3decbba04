//! What the page says of a token service that gives no token, and how often that is asked.

use std::time::Duration;

use wsmon_manager::Backoff;
use wsmon_model::{Cause, Layer, Phase};

use super::{
    connect_all, failed_attempts,
    feed::Feed,
    manager_with,
    token_server::{Manner, TokenServer, client},
};
use crate::support::{name, soon, upstream::vacant};

/// Connects fifty endpoints while the token service does this: all fail for this reason after one request, and none speaks
/// ill of the service's host. Then the token service works again, and so do they.
async fn explains(manner: Manner, cause: Cause, sentence: &str) {
    let (tokens, feed) = (TokenServer::start(manner).await, Feed::start("c4n4ry-token", None).await);
    // Longer than the test goes on; the machine may be busy.
    let backoff = Backoff::new(Duration::from_secs(30), Duration::from_secs(60)).expect("valid");
    let manager = manager_with(feed.base(), tokens.client(), backoff, Duration::from_millis(500));
    let phase = if cause == Cause::TokenRefused { Phase::Blocked } else { Phase::Waiting };
    assert_eq!(connect_all(&manager, 50).await, vec![phase; 50], "{manner:?}");
    let row = manager.get(&name("feed-0")).expect("it is listed");
    let host = tokens.url().replace("http://", "").replace("/token", "");
    assert_eq!(row.cause_text.as_deref(), Some(sentence.replace("HOST", &host).as_str()), "{manner:?}");
    assert_eq!((row.cause, row.layer), (Some(cause), Some(Layer::Http)), "{manner:?}");
    assert!(!manager.services().any(|service| service.failing), "the service's own host is not to blame");
    assert_eq!((failed_attempts(&manager), tokens.requests(), feed.refused()), (50, 1, 0), "{manner:?}");

    manager.shutdown().await;
}

#[tokio::test]
async fn a_client_or_scope_that_is_refused_blocks_with_advice() {
    let invalid_client = r#"{"error":"invalid_client","error_description":"c4n4ry-secret is not it"}"#;
    explains(
        Manner::Answer(401, "application/json", invalid_client),
        Cause::TokenRefused,
        "The token service HOST refused a token: “invalid_client”, “•••••• is not it”. Check client-id and client-secret in \
         the service's oauth2 table.",
    )
    .await;
    explains(
        Manner::Answer(400, "application/json", r#"{"error":"invalid_scope"}"#),
        Cause::TokenRefused,
        "The token service HOST refused a token: “invalid_scope”. Check scope in the service's oauth2 table.",
    )
    .await;
    explains(
        Manner::Answer(404, "text/html", "<h1>nothing here</h1>"),
        Cause::TokenRefused,
        "The token service HOST answered HTTP 404 Not Found instead of a token. Check token-url in the service's oauth2 table.",
    )
    .await;
    explains(
        Manner::Redirect,
        Cause::TokenRefused,
        "The token service HOST answered HTTP 302 Found instead of a token. It points elsewhere, which is not followed; set \
         token-url to where the token service really is.",
    )
    .await;
}

#[tokio::test]
async fn an_answer_without_a_token_is_told_as_what_it_is() {
    explains(
        Manner::Answer(200, "text/html; charset=utf-8", "<html>Please log in, c4n4ry-secret</html>"),
        Cause::TokenUnavailable,
        "The token service HOST answered HTTP 200 OK without a token that can be used: it is text/html; charset=utf-8, not \
         JSON. Check token-url in the service's oauth2 table.",
    )
    .await;
    explains(
        Manner::Answer(200, "application/json", "{\"access_token\":"),
        Cause::TokenUnavailable,
        "The token service HOST answered HTTP 200 OK without a token that can be used: its JSON is broken. Check token-url \
         in the service's oauth2 table.",
    )
    .await;
    explains(
        Manner::Answer(200, "application/octet-stream", LONG.as_str()),
        Cause::TokenUnavailable,
        "The token service HOST answered HTTP 200 OK without a token that can be used: it is longer than 64 KiB. Check \
         token-url in the service's oauth2 table.",
    )
    .await;
}

/// More than is read.
static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "x".repeat(65 * 1024));

#[tokio::test]
async fn one_that_is_slow_or_busy_is_waited_for() {
    explains(Manner::Hang, Cause::TokenUnavailable, "The token service HOST did not answer within 0.5 s.").await;
    explains(
        Manner::Busy { retry_after: 40 },
        Cause::TokenUnavailable,
        "The token service HOST answered HTTP 503 Service Unavailable instead of a token. It asks to wait 40 s.",
    )
    .await;
}

#[tokio::test]
async fn one_that_is_down_is_waited_for_and_everybody_is_up_when_it_is_back() {
    let (address, feed) = (vacant().await, Feed::start("c4n4ry-token", None).await);
    let manager = super::manager(feed.base(), client(&format!("http://{address}/token")).expect("valid"));
    let phases = connect_all(&manager, 20).await;
    assert_eq!(phases, vec![Phase::Waiting; 20]);
    let text = manager.get(&name("feed-0")).expect("it is listed").cause_text.expect("a reason");
    assert_eq!(text, format!("The token service {address} cannot be reached: connection refused."));
    let _tokens = TokenServer::start_at(address, Manner::Issue { expires_in: 60 }).await;
    feed.wait_live(20).await;
    manager.shutdown().await;
}

#[tokio::test]
async fn a_client_that_is_refused_no_more_lets_all_in_after_one() {
    let refused = Manner::Answer(401, "application/json", r#"{"error":"invalid_client"}"#);
    let (tokens, feed) = (TokenServer::start(refused).await, Feed::start("c4n4ry-token", None).await);
    let manager = super::manager(feed.base(), tokens.client());
    assert_eq!(connect_all(&manager, 20).await, vec![Phase::Blocked; 20]);
    tokens.treat(Manner::Issue { expires_in: 60 });
    let mut handle = manager.connect(&name("feed-7"), None).await.expect("connects");
    soon("a token", async {
        // The token service is not asked again at once, whoever clicks.
        while handle.settled().await.phase != Phase::Connected {
            handle = manager.connect(&name("feed-7"), None).await.expect("connects");
        }
    })
    .await;
    feed.wait_live(20).await;
    manager.shutdown().await;
}
