//! Tokens that expire or are revoked while connections are up.

use std::time::Duration;

use wsmon_model::{Cause, Phase};

use super::{
    connect_all, failed_attempts,
    feed::Feed,
    manager,
    token_server::{Manner, TokenServer},
};
use crate::support::{name, soon};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_rotated_a_hundred_times_under_load_and_no_attempt_fails() {
    const ENDPOINTS: usize = 20;
    let (tokens, feed) =
        (TokenServer::start(Manner::Issue { expires_in: 60 }).await, Feed::start("c4n4ry-token-0", None).await);
    let manager = manager(feed.base(), tokens.client());
    assert_eq!(connect_all(&manager, ENDPOINTS).await, vec![Phase::Connected; ENDPOINTS]);
    for generation in 1..=100 {
        // Only tokens of this generation are good for anything from now on.
        let beginning = format!("c4n4ry-token-{generation}-");
        tokens.issue_beginning(&beginning);
        feed.accept_beginning(&beginning);
        feed.wait_live(ENDPOINTS).await;
    }
    assert_eq!(failed_attempts(&manager), 0);
    assert!((101..=110).contains(&tokens.requests()), "{} requests for 101 tokens", tokens.requests());
    let received: u64 = manager.sample().iter().map(|sample| sample.messages_received).sum();
    assert!(received > 0, "they were under load");
    manager.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_in_the_middle_is_replaced_without_a_failed_attempt() {
    let tokens = TokenServer::start(Manner::Issue { expires_in: 1 }).await;
    let feed = Feed::start("c4n4ry-token", Some(Duration::from_secs(1))).await;
    let manager = manager(feed.base(), tokens.client());
    assert_eq!(connect_all(&manager, 5).await, vec![Phase::Connected; 5]);
    feed.wait_let_in(20).await;
    assert_eq!(failed_attempts(&manager), 0);
    let ends: u64 = manager
        .sample()
        .iter()
        .flat_map(|sample| sample.counts.ends().collect::<Vec<_>>())
        .filter_map(|(cause, count)| (cause == Cause::ClosedByPeer.as_str()).then_some(count))
        .sum();
    assert!(ends >= 15, "{ends} closes by the service");
    assert!(tokens.requests() <= 10, "{} requests for about four tokens", tokens.requests());
    manager.shutdown().await;
}

#[tokio::test]
async fn a_token_that_the_service_refuses_is_replaced_once_and_not_again_and_again() {
    let (tokens, feed) = (TokenServer::start(Manner::Issue { expires_in: 60 }).await, Feed::start("none", None).await);
    let manager = manager(feed.base(), tokens.client());
    let mut handle = manager.connect(&name("feed"), None).await.expect("connects");
    let settled = soon("an outcome", handle.settled()).await;
    let failure = settled.failure.expect("a failure");
    assert_eq!((settled.phase, failure.cause(), failure.code()), (Phase::Blocked, Cause::HttpStatus, Some(401)));
    assert!(!format!("{:?}", failure.evidence()).contains("c4n4ry"), "what the service repeats of the token is masked");
    assert_eq!((tokens.requests(), feed.refused()), (2, 2), "one token, and another one instead");
    manager.shutdown().await;
}
