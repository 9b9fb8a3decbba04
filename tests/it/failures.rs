//! What goes wrong with a connection, and what follows from it.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use wsmon_manager::{Backoff, BoxStream, ConnectionManager, ManagerConfig, Tcp, Transport};
use wsmon_model::{Cause, Phase};

use crate::support::{
    manager, name, soon,
    upstream::{Manner, Upstream, base_at, vacant},
};

#[tokio::test(start_paused = true)]
async fn waits_grow_up_to_a_minute_and_no_further() {
    let manager = manager(base_at(vacant().await));
    let mut handle = manager.connect(&name("data-feed"), None).await.expect("connects");
    let backoff = Backoff::default();
    let mut waits = Vec::new();
    let mut failed_at = None;
    for attempt in 1..=40 {
        let failed = handle.wait_for(|state| state.phase == Phase::Waiting && state.attempt == attempt).await;
        assert_eq!(failed.failure.as_ref().expect("a failure").cause(), Cause::ConnectionRefused);
        let now = Instant::now();
        if let Some(before) = failed_at.replace(now) {
            let waited = now - before;
            // The clock of paused time has milliseconds.
            assert!(waited <= backoff.ceiling(attempt - 1) + Duration::from_millis(2), "{attempt}: {waited:?}");
            waits.push(waited);
        }
    }
    let mean = |waits: &[Duration]| waits.iter().sum::<Duration>().as_secs_f64() / waits.len() as f64;
    assert!(mean(&waits[..4]) < 4.0, "{waits:?}");
    assert!((20.0..40.0).contains(&mean(&waits[8..])), "half a minute in the mean: {waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_ping_ends_the_connection() {
    let upstream = Upstream::start(Manner::Deaf).await;
    let manager = manager(upstream.base());
    let mut handle = manager.connect(&name("data-feed"), None).await.expect("connects");
    assert_eq!(handle.settled().await.phase, Phase::Connected);
    let opened = Instant::now();
    let lost = handle.wait_for(|state| state.phase == Phase::Waiting).await;
    assert_eq!(lost.failure.expect("a failure").cause(), Cause::PongTimeout);
    let held = opened.elapsed();
    assert!((25.0..25.1).contains(&held.as_secs_f64()), "15 s to the ping and 10 s for the pong, not {held:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_upgrade_fails_at_the_deadline_and_says_how_far_it_came() {
    let upstream = Upstream::start(Manner::Mute).await;
    let manager = manager(upstream.base());
    let began = Instant::now();
    let mut handle = manager.connect(&name("data-feed"), None).await.expect("connects");
    let failed = handle.settled().await;
    assert!((10.0..10.1).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    assert_eq!(
        failed.failure.expect("a failure").to_string(),
        "The server accepted the connection but did not answer the WebSocket upgrade within 10 s."
    );
}

#[tokio::test]
async fn a_refusal_that_retrying_cannot_help_blocks() {
    let upstream = Upstream::start(Manner::Refuse(403)).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    let blocked = soon("refused", handle.settled()).await;
    assert_eq!(blocked.phase, Phase::Blocked);
    let connection = manager.get(&feed).expect("the endpoint is there");
    let wait_ms = connection.next_retry_ms.expect("a rare retry") - connection.since_ms;
    assert!((299_900..=300_100).contains(&wait_ms), "{wait_ms}");
    assert_eq!(connection.cause, Some(Cause::HttpStatus));
    assert!(connection.cause_text.expect("a sentence").contains("HTTP 403 Forbidden"));
}

#[tokio::test]
async fn close_codes_decide_what_follows() {
    let cases = [
        (1000, Phase::Waiting),
        (1008, Phase::Blocked),
        (1012, Phase::Waiting),
        (3999, Phase::Blocked),
        (4000, Phase::Waiting),
    ];
    for (code, phase) in cases {
        let mut upstream = Upstream::start(Manner::Echo).await;
        let manager = manager(upstream.base());
        let feed = name("data-feed");
        let mut handle = manager.connect(&feed, None).await.expect("connects");
        soon("connected", handle.settled()).await;
        upstream.wait_live(1).await;
        upstream.close_all(code, "because\r\nof me");
        let closed = soon("closed", handle.wait_for(|state| state.failure.is_some())).await;
        assert_eq!(closed.phase, phase, "{code}");
        let failure = closed.failure.expect("a failure");
        assert_eq!((failure.cause(), failure.close_code()), (Cause::ClosedByPeer, Some(code)));
        assert!(failure.to_string().contains("because\u{fffd}\u{fffd}of me"), "{failure}");
    }
}

/// Panics the first time, then is the operating system's network.
struct PanicsOnce(AtomicBool);

impl Transport for PanicsOnce {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        assert!(self.0.swap(true, Ordering::Relaxed), "a fault in the monitor itself, on purpose");
        Tcp.resolve(host, port)
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move { Tcp.connect(address, unacknowledged).await })
    }
}

#[tokio::test]
async fn a_panic_ends_one_attempt_and_is_tried_again() {
    let upstream = Upstream::start(Manner::Echo).await;
    let config = ManagerConfig { transport: Arc::new(PanicsOnce(AtomicBool::new(false))), ..ManagerConfig::default() };
    let manager = ConnectionManager::new(upstream.base(), config);
    let mut handle = manager.connect(&name("data-feed"), None).await.expect("connects");
    let failed = soon("failed", handle.settled()).await;
    assert_eq!(failed.failure.expect("a failure").cause(), Cause::InternalError);
    soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
}
