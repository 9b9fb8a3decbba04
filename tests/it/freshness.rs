//! A feed that stops while its socket lives: it is learned how long it is usually quiet, and said when it is for far longer.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{interval, sleep},
};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use websocket_monitor::server::config::Config;
use wsmon_manager::{CheckedOptions, ConnectionManager, FreshnessConfig};
use wsmon_model::{Connection, ConnectionOptions, EndpointId, Phase};

use crate::support::{
    monitor::{Monitor, Visitor},
    name, soon,
    upstream::base_at,
};

/// A service that sends each client twenty messages a second while it is told to, and always answers pings.
struct Feed {
    address: SocketAddr,
    talks: watch::Sender<bool>,
    accepted: watch::Receiver<usize>,
    _clients: JoinSet<()>,
}

impl Feed {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (talks, told) = watch::channel(true);
        let (counts, accepted) = watch::channel(0);
        let mut clients = JoinSet::new();
        clients.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counts.send_modify(|count| *count += 1);
                served.spawn(serve(stream, told.clone()));
            }
        });
        Self { address, talks, accepted, _clients: clients }
    }
}

async fn serve(stream: TcpStream, told: watch::Receiver<bool>) {
    let Ok(mut socket) = accept_async(stream).await else { return };
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        let talks = *told.borrow();
        let alive = tokio::select! {
            _ = ticks.tick() => !talks || socket.send(Message::text("news")).await.is_ok(),
            // Pings are answered as they are read.
            frame = socket.next() => matches!(frame, Some(Ok(_))),
        };
        if !alive {
            return;
        }
    }
}

/// Learns within a second or two what takes a quarter of an hour, and calls two seconds unusual.
fn quick_to_learn(config: &mut Config) {
    config.freshness = FreshnessConfig { window: Duration::from_millis(200), least: Duration::from_secs(2) };
}

fn connection(manager: &ConnectionManager, feed: &EndpointId) -> Connection {
    manager.get(feed).expect("it is there")
}

/// Reads messages until something is so. Nothing else happens while a feed talks.
async fn until(manager: &ConnectionManager, feed: &EndpointId, is_so: impl Fn(&Connection) -> bool) {
    let mut messages = manager.subscribe(feed).expect("it is there");
    soon("what messages bring about", async {
        while !is_so(&connection(manager, feed)) {
            messages.recv().await.expect("a message");
        }
    })
    .await;
}

/// Waits until a connection is stale. There is no event for that: nothing happens, which is the point.
async fn stale(manager: &ConnectionManager, feed: &EndpointId) -> Connection {
    soon("staleness", async {
        loop {
            let connection = connection(manager, feed);
            if connection.stale().is_some() {
                return connection;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

async fn text(visitor: &Visitor, path: &str) -> String {
    visitor.get(path).await.text().await.expect("a page")
}

/// What is shown of a stale feed: connected still, and in words why that is not all.
async fn assert_is_said(visitor: &Visitor, feed: &EndpointId, quiet: &Connection) {
    let longest = quiet.stale().map(|(silence, _)| format!("; {}", silence.longest)).expect("stale");
    for path in ["/admin/websocket-monitor".to_owned(), format!("/admin/websocket-monitor/{feed}")] {
        let page = text(visitor, &path).await;
        for part in
            ["data-status=\"connected\"", "data-stale=\"usual\"", "Unusually quiet", "no message for ", &longest]
        {
            assert!(page.contains(part), "{part} is not on {path}");
        }
    }
    let metrics = text(visitor, "/metrics").await;
    assert!(metrics.contains("wsmon_endpoint_silent{service=\"default\",endpoint=\"data-feed\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_feed_that_stops_is_unusually_quiet_also_after_a_restart_and_is_left_as_it_is() {
    let feed = name("data-feed");
    let mut upstream = Feed::start().await;
    let base = base_at(upstream.address);
    let monitor = Monitor::start_with(base.clone(), quick_to_learn).await;
    let manager = &monitor.state.manager;
    let options = ConnectionOptions { ping_interval_ms: Some(100), ..ConnectionOptions::default() };
    let options = CheckedOptions::new(options).expect("valid options");
    soon("connected", manager.connect(&feed, options).await.expect("connects").settled()).await;
    until(manager, &feed, |feed| feed.silence.is_some()).await;
    assert_eq!(connection(manager, &feed).stale(), None);
    let visitor = Visitor::admin(&monitor).await;
    let page = text(&visitor, "/admin/websocket-monitor/data-feed").await;
    assert!(
        page.contains("Without a message: ") && page.contains("usually ") && !page.contains("data-stale"),
        "it is fresh: {page}"
    );

    upstream.talks.send_replace(false);
    let quiet = stale(manager, &feed).await;
    let (silence, since_ms) = quiet.stale().expect("stale");
    assert!(!silence.is_configured && quiet.phase == Phase::Connected, "{quiet:?}");
    let last_ms = quiet.last_message_ms.expect("there were some");
    assert!(since_ms.abs_diff(last_ms) < 500, "since the last message, {since_ms} and {last_ms}");
    assert_is_said(&visitor, &feed, &quiet).await;
    let said = connection(manager, &feed);
    assert_eq!(said.stale(), quiet.stale(), "a row changes with what happens, not with the time");
    assert!(said.rtt_ms.is_some(), "pings are answered");
    assert_eq!(*upstream.accepted.borrow(), 1, "it is only told");

    // Nothing comes any more, so what is known then was kept.
    let restarted = |config: &mut Config| {
        quick_to_learn(config);
        config.services = base.clone().into();
    };
    let monitor = monitor.restart(restarted).await;
    let manager = &monitor.state.manager;
    soon("connected again", upstream.accepted.wait_for(|count| *count == 2)).await.expect("it runs");
    let quiet = stale(manager, &feed).await;
    let (_, since_ms) = quiet.stale().expect("it is stale");
    assert_eq!(quiet.messages_received, 0);
    assert!(since_ms.abs_diff(quiet.since_ms) < 500, "since it was connected, {since_ms} and {}", quiet.since_ms);
    assert_is_said(&Visitor::admin(&monitor).await, &feed, &quiet).await;

    upstream.talks.send_replace(true);
    until(manager, &feed, |feed| feed.stale().is_none()).await;
    assert_eq!(*upstream.accepted.borrow(), 2, "nothing was opened anew");

    manager.remove(&feed).await.expect("removed");
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    assert_eq!(connection(manager, &feed).silence, None, "what was learned went with the connection");
    monitor.stop().await;
}

#[tokio::test]
async fn a_feed_that_never_sent_anything_says_so_and_is_no_alarm() {
    let feed = name("data-feed");
    let upstream = Feed::start().await;
    upstream.talks.send_replace(false);
    let monitor = Monitor::start_with(base_at(upstream.address), quick_to_learn).await;
    let manager = &monitor.state.manager;
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    let visitor = Visitor::admin(&monitor).await;
    for path in ["/admin/websocket-monitor", "/admin/websocket-monitor/data-feed"] {
        let page = text(&visitor, path).await;
        assert!(page.contains("nothing received yet") && !page.contains("data-stale"), "{path}: {page}");
    }
    upstream.talks.send_replace(true);
    until(manager, &feed, |feed| feed.last_message_ms.is_some()).await;
    assert!(!text(&visitor, "/admin/websocket-monitor").await.contains("nothing received yet"));
    monitor.stop().await;
}

/// What is configured holds, whatever was learned; and what was learned of other messages does not.
#[tokio::test]
async fn options_come_before_what_was_learned() {
    let feed = name("data-feed");
    let upstream = Feed::start().await;
    let monitor = Monitor::start_with(base_at(upstream.address), quick_to_learn).await;
    let manager = &monitor.state.manager;
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    until(manager, &feed, |feed| feed.silence.is_some()).await;

    let set = async |options| {
        manager.set_options(&feed, CheckedOptions::new(options).expect("valid options")).await.expect("set");
    };
    set(ConnectionOptions { max_silence_ms: Some(600_000), ..ConnectionOptions::default() }).await;
    until(manager, &feed, |feed| feed.silence.is_some()).await;
    let silence = connection(manager, &feed).silence.expect("configured");
    assert_eq!((silence.is_configured, silence.longest.as_str()), (true, "at most 600 s by its options"));

    let before_ms = connection(manager, &feed).since_ms;
    set(ConnectionOptions { not_data: Some("^hb$".to_owned()), ..ConnectionOptions::default() }).await;
    until(manager, &feed, |feed| feed.phase == Phase::Connected && feed.since_ms != before_ms).await;
    assert_eq!(connection(manager, &feed).silence, None, "it was learned of messages that may not count any more");
    until(manager, &feed, |feed| feed.silence.is_some()).await;
    monitor.stop().await;
}
