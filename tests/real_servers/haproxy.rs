//! haproxy as a proxy in front: it cuts idle tunnels, and answers for an upstream that is gone.

use wsmon_manager::Failure;
use wsmon_model::{ConnectionOptions, Phase};

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
    upstream::{Manner, Upstream},
};

/// haproxy in front of an upstream.
async fn start(upstream: &Upstream) -> Option<Server> {
    let program = install::program("haproxy")?;
    let port = free_port();
    let config = include_str!("haproxy.cfg").replace("LISTEN", &port.to_string());
    let config = config.replace("UPSTREAM", &upstream.base().port().to_string());
    // It listens before it asks for its upstream.
    Some(Server::start(&program, port, &["-db", "-f", "config"], &config, "Health check for server").await)
}

#[tokio::test]
async fn a_connection_is_fed_and_outlives_it() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(mut proxy) = start(&upstream).await else { return };
    let mut client = Client::connect(proxy.port, "/ws/", ConnectionOptions::default()).await;
    client.until(Phase::Connected).await;
    client.is_echoed("before").await;
    client.outlives(&mut proxy).await;
    client.is_echoed("after").await;
}

#[tokio::test]
async fn an_idle_tunnel_is_cut_unless_pings_keep_it_busy() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(&upstream).await else { return };
    let pinged = |ms| ConnectionOptions { ping_interval_ms: Some(ms), ..ConnectionOptions::default() };
    let mut busy = Client::connect(proxy.port, "/ws/", pinged(100)).await;
    let connected = busy.until(Phase::Connected).await;
    let mut idle = Client::connect(proxy.port, "/ws/", pinged(60_000)).await;
    for cut in 1..=3 {
        let lost = idle.wait_for("a cut", |state| state.attempt == cut && state.phase == Phase::Waiting).await;
        assert_eq!(lost.failure.as_deref(), Some(&Failure::Lost { errno: None }));
        let text = "The connection was cut without a close frame: the server or something on the way went away.";
        assert_eq!(lost.failure.expect("a failure").to_string(), text);
    }
    assert_eq!(busy.state(), connected);
}

#[tokio::test]
async fn an_upstream_that_is_gone_is_told_from_haproxy_itself() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(&upstream).await else { return };
    let mut client = Client::connect(proxy.port, "/ws/", ConnectionOptions::default()).await;
    client.until(Phase::Connected).await;
    let address = upstream.stop().await;
    let gone = client.wait_for("a refusal", |state| state.attempt == 2 && state.phase == Phase::Waiting).await;
    let text = "The server answered HTTP 503 Service Unavailable instead of opening a WebSocket. The fault is on its side, or \
                on a proxy's in front of it.";
    assert_eq!(gone.failure.expect("a failure").to_string(), text);
    assert_eq!(client.explained_by(&client.feed), Some("gateway"));

    let _upstream = Upstream::start_at(address, Manner::Echo).await;
    client.until(Phase::Connected).await;
    client.is_echoed("after").await;
}

/// What the upstream refuses is the upstream's word.
#[tokio::test]
async fn a_wrong_name_or_token_is_told_as_the_upstream_tells_it() {
    for (status, text) in [
        (
            404,
            "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the",
        ),
        (401, "The server answered HTTP 401 Unauthorized instead of opening a WebSocket. It asks for credentials."),
    ] {
        let upstream = Upstream::start(Manner::Refuse(status)).await;
        let Some(proxy) = start(&upstream).await else { return };
        let mut client = Client::connect(proxy.port, "/ws/", ConnectionOptions::default()).await;
        let sentence = client.sentence().await;
        assert!(sentence.starts_with(text), "{sentence}");
    }
}
