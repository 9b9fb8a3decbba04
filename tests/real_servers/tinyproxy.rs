//! tinyproxy on the way, which wants a sign-in and lets tunnels through to one port only.

use std::path::Path;

use wsmon_model::{Cause, ConnectionOptions, Phase};

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
    upstream::{Manner, Upstream},
};

/// A proxy that lets tunnels through to this port.
async fn start(allowed: u16) -> Option<Server> {
    let program = install::program("tinyproxy")?;
    let port = free_port();
    let config = format!(
        "Port {port}\nListen 127.0.0.1\nLogLevel Info\nTimeout 600\nBasicAuth ann passw0rd\nConnectPort {allowed}\n"
    );
    // It logs to its standard output.
    let program = program.to_str().expect("text");
    let arguments = ["-c", "exec \"$0\" -d -c config >&2", program];
    Some(Server::start(Path::new("/bin/sh"), port, &arguments, &config, "Accepting connections").await)
}

async fn through(proxy: &Server, user: &str, upstream: &Upstream) -> Client {
    let proxy = format!("http://{user}127.0.0.1:{}", proxy.port);
    Client::connect_through(&proxy, upstream.base(), ConnectionOptions::default()).await
}

#[tokio::test]
async fn a_connection_through_it_is_fed_and_outlives_it() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(mut proxy) = start(upstream.base().port()).await else { return };
    let mut client = through(&proxy, "ann:passw0rd@", &upstream).await;
    client.until(Phase::Connected).await;
    client.is_echoed("before").await;
    client.outlives_as(Cause::ProxyUnreachable, &mut proxy).await;
    client.is_echoed("after").await;
}

#[tokio::test]
async fn each_of_its_refusals_has_its_sentence() {
    let (upstream, forbidden) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Echo).await);
    let Some(proxy) = start(upstream.base().port()).await else { return };
    let place = format!("The proxy 127.0.0.1:{}", proxy.port);
    for (user, upstream, rest) in [
        (
            "",
            &upstream,
            "wants a user and password (HTTP 407), and the monitor's configuration gives none. Write them there as \
             http://user:password@host:port."
                .to_owned(),
        ),
        (
            "ann:wrong@",
            &upstream,
            "does not take the user and password that the monitor's configuration gives for it (HTTP 401). Correct them there."
                .to_owned(),
        ),
        (
            "ann:passw0rd@",
            &forbidden,
            format!(
                "answered HTTP 403 Forbidden instead of opening a tunnel to 127.0.0.1:{}. Its rules do not let the monitor \
                 reach that host and port: have them allowed there.",
                forbidden.base().port()
            ),
        ),
    ] {
        let mut client = through(&proxy, user, upstream).await;
        assert_eq!(client.sentence().await, format!("{place} {rest}"));
        assert_eq!(client.state().phase, Phase::Blocked);
    }
}

#[tokio::test]
async fn a_service_that_is_gone_and_a_proxy_that_hangs_are_told_apart() {
    let upstream = Upstream::start(Manner::Echo).await;
    let Some(proxy) = start(upstream.base().port()).await else { return };
    let mut client = through(&proxy, "ann:passw0rd@", &upstream).await;
    client.until(Phase::Connected).await;
    let address = upstream.stop().await;
    let gone = client.wait_for("a refusal", |state| state.attempt == 2 && state.phase == Phase::Waiting).await;
    let place = format!("The proxy 127.0.0.1:{}", proxy.port);
    assert_eq!(
        gone.failure.expect("a failure").to_string(),
        format!(
            "{place} answered HTTP 500 Internal Server Error instead of opening a tunnel to {address}. It cannot reach that \
             host, or is itself out of order. Its log says which."
        )
    );

    proxy.stop();
    let hung = client.wait_for("a timeout", |state| {
        state.phase == Phase::Waiting
            && state.failure.as_ref().is_some_and(|why| why.cause() == Cause::ProxyUnreachable)
    });
    assert_eq!(
        hung.await.failure.expect("a failure").to_string(),
        format!(
            "{place} accepted the connection but did not open a tunnel to {address} within 1.5 s: it hangs, or cannot reach \
             that host."
        )
    );
    proxy.go_on();
    let _upstream = Upstream::start_at(address, Manner::Echo).await;
    client.until(Phase::Connected).await;
    client.is_echoed("after").await;
}
