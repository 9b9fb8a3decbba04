//! Endpoints that sign in with tokens of an OAuth 2.0 token service, on real sockets.

mod explained;
mod feed;
mod rotation;
mod secrecy;
mod token_server;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use websocket_monitor::server::oauth2::{OAuth2, OAuth2Client};
use wsmon_manager::{
    Backoff, Base, CheckedOptions, ConnectionManager, Connectors, GateConfig, ManagerConfig, TokenService,
};
use wsmon_model::{ConnectionOptions, Phase, Secret, ServiceName};

use self::{
    feed::Feed,
    token_server::{Manner, TokenServer},
};
use crate::support::{name, soon};

/// A manager whose endpoints sign in as a client of a token service.
fn manager(base: Base, client: OAuth2Client) -> ConnectionManager {
    // Soon again, so that tests do not wait.
    let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(20)).expect("valid");
    manager_with(base, client, backoff, Duration::from_secs(10))
}

fn manager_with(base: Base, client: OAuth2Client, backoff: Backoff, deadline: Duration) -> ConnectionManager {
    let oauth2 = OAuth2::new(client, None, Arc::new(Connectors::new(None)), deadline);
    let service: Arc<dyn TokenService> = Arc::new(oauth2);
    let token_services = BTreeMap::from([(ServiceName::default(), service)]);
    let gate = GateConfig { rate: 10_000.try_into().expect("not zero"), ..GateConfig::default() };
    let config = ManagerConfig { seed: 1, backoff, gate, token_services, ..ManagerConfig::default() };
    ConnectionManager::new(base, config)
}

/// Connects that many endpoints, and waits for what comes of each.
async fn connect_all(manager: &ConnectionManager, count: usize) -> Vec<Phase> {
    let connect = async |number: usize| {
        let mut handle = manager.connect(&name(&format!("feed-{number}")), None).await.expect("connects");
        soon("an outcome", handle.settled()).await.phase
    };
    join_all((0..count).map(connect)).await
}

fn failed_attempts(manager: &ConnectionManager) -> u64 {
    manager.sample().iter().map(|sample| sample.counts.attempts_failed).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_endpoints_start_with_one_token() {
    let (tokens, feed) =
        (TokenServer::start(Manner::Issue { expires_in: 60 }).await, Feed::start("c4n4ry-token", None).await);
    let manager = manager(feed.base(), tokens.client());
    assert_eq!(connect_all(&manager, 200).await, vec![Phase::Connected; 200]);
    feed.wait_live(200).await;
    assert_eq!((tokens.requests(), feed.refused()), (1, 0));
    manager.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_that_signs_in_by_itself_needs_no_token() {
    let (tokens, feed) = (TokenServer::start(Manner::Hang).await, Feed::start("of-its-own", None).await);
    let manager = manager(feed.base(), tokens.client());
    let own = ConnectionOptions { bearer_token: Some(Secret::new("of-its-own")), ..ConnectionOptions::default() };
    let connect = manager.connect(&name("feed"), CheckedOptions::new(own).expect("valid")).await;
    assert_eq!(soon("an outcome", connect.expect("connects").settled()).await.phase, Phase::Connected);
    assert_eq!(tokens.requests(), 0);
    manager.shutdown().await;
}
