//! nginx as a proxy: it cuts idle tunnels, limits requests, and answers for an upstream that is gone.

use std::time::Duration;

use tokio::time::Instant;
use wsmon_manager::{ConnectionState, Failure, NextRetry};
use wsmon_model::{ConnectionOptions, HttpAnswer, Phase};

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
    upstream::{Manner, Upstream},
};

/// nginx in front of an upstream.
async fn start(upstream: &Upstream) -> Option<Server> {
    let program = install::program("nginx")?;
    let port = free_port();
    let config = include_str!("nginx.conf").replace("LISTEN", &port.to_string());
    let config = config.replace("UPSTREAM", &upstream.base().port().to_string());
    let arguments = ["-e", "stderr", "-p", "./", "-c", "config"];
    // It listens by the time it says which method of polling it uses.
    Some(Server::start(&program, port, &arguments, &config, "event method").await)
}

#[tokio::test]
async fn a_killed_proxy_is_connected_again() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(mut proxy) = start(&upstream).await else { return };
    let mut client = Client::connect(proxy.port, "/", ConnectionOptions::default()).await;
    client.outlives(&mut proxy).await;
}

#[tokio::test]
async fn an_idle_tunnel_is_cut_unless_pings_keep_it_busy() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(&upstream).await else { return };
    let pinged = |ms| ConnectionOptions { ping_interval_ms: Some(ms), ..ConnectionOptions::default() };
    let mut busy = Client::connect(proxy.port, "/", pinged(100)).await;
    let connected = busy.until(Phase::Connected).await;
    let mut idle = Client::connect(proxy.port, "/", pinged(60_000)).await;
    for cut in 1..=3 {
        let lost = idle.wait_for("a cut", |state| state.attempt == cut && state.phase == Phase::Waiting).await;
        assert_eq!(lost.failure.as_deref(), Some(&Failure::Lost { errno: None }));
    }
    assert_eq!(busy.state(), connected);
}

/// With what the upgrade was refused.
fn answer(state: &ConnectionState) -> &HttpAnswer {
    match state.failure.as_deref() {
        Some(Failure::Http(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_limited_client_waits_as_asked_and_gets_in() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(&upstream).await else { return };
    for (path, status) in [("/with-429/", 429), ("/with-503/", 503)] {
        let mut first = Client::connect(proxy.port, path, ConnectionOptions::default()).await;
        first.until(Phase::Connected).await;
        let asked = Instant::now();
        let mut second = Client::connect(proxy.port, path, ConnectionOptions::default()).await;
        let limited = second.until(Phase::Waiting).await;
        let wait = Duration::from_secs(2);
        let answer = answer(&limited);
        assert_eq!((answer.status, answer.retry_after_s), (status, Some(wait.as_secs())));
        assert!(matches!(limited.next_retry, Some(NextRetry::At(at)) if at >= asked + wait), "{limited:?}");
        assert_eq!(second.until(Phase::Connected).await.attempt, 1, "the first retry is let in");
    }
}

#[tokio::test]
async fn an_upstream_that_is_gone_is_told_from_a_proxy_that_is() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(&upstream).await else { return };
    let mut client = Client::connect(proxy.port, "/", ConnectionOptions::default()).await;
    client.until(Phase::Connected).await;
    let address = upstream.stop().await;
    let lost = client.until(Phase::Waiting).await;
    assert_eq!(lost.failure.as_deref(), Some(&Failure::Lost { errno: None }));
    let gone = client.wait_for("a refusal", |state| state.attempt == 2 && state.phase == Phase::Waiting).await;
    let answer = answer(&gone);
    assert_eq!((answer.status, answer.retry_after_s, answer.content_type.as_str()), (502, None, "text/html"));
    assert!(answer.server.as_str().starts_with("nginx/"), "{answer:?}");
    assert!(answer.body.as_str().starts_with("<html> <head><title>502 Bad Gateway</title></head>"), "{answer:?}");
    assert_eq!(client.explained_by(&client.feed), Some("gateway"));

    let _upstream = Upstream::start_at(address, Manner::Echo).await;
    client.until(Phase::Connected).await;
}
