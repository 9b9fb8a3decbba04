//! How often and when is tried again: by one endpoint, by many, and while the clock on the wall jumps.

use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all, select_all},
};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};
use wsmon_manager::{BoxStream, NextRetry, Tcp, Transport};
use wsmon_model::{Cause, ConnectionOptions, ListQuery, Phase};

use super::{
    outcome::Expected,
    support::{Monitor, name, soon},
    wire::{Server, refusing_port, request, send, switching_protocols, until_gone, upgrade},
};

#[tokio::test(start_paused = true)]
async fn flapping_every_second() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let attempts = Cell::new(0);
    let script = async |mut stream: TcpStream| {
        attempts.set(attempts.get() + 1);
        upgrade(&mut stream).await;
        sleep(Duration::from_secs(1)).await;
    };
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    let five_minutes = async {
        sleep(Duration::from_secs(5 * 60)).await;
        let tried = attempts.get();
        assert!((8..=30).contains(&tried), "{tried} attempts");
        soon("the next failure", handle.wait_for(|state| state.phase == Phase::Waiting)).await;
        monitor.outcome().await
    };
    let outcome = server.during(script, five_minutes).await;
    let expected = Expected::waiting(Cause::ConnectionLost, "The connection was cut without a close frame");
    outcome.check(&expected.retry_ms(0..=60_000).once_open());
    assert!(outcome.connection.attempt >= 8, "a second is not stable: {:?}", outcome.connection);
}

#[tokio::test(start_paused = true)]
async fn clock_jumps() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let forward: fn(SystemTime) -> SystemTime = |time| time + HOUR;
    for (jump, moved_ms) in [(forward, 3_600_000), (|time| time - HOUR, -3_600_000)] {
        let (_port, base) = refusing_port();
        let monitor = Monitor::start(&base).await;
        let mut handle = monitor.connect(ConnectionOptions::default()).await;
        soon("the fifth failure", handle.wait_for(|state| state.attempt == 5 && state.phase == Phase::Waiting)).await;
        let before = monitor.feed();
        let retry_ms = before.next_retry_ms.expect("a retry");
        let wait_ms = u64::try_from(retry_ms - before.since_ms).expect("it is to come");
        monitor.clock.set(jump);
        assert_eq!(monitor.feed().next_retry_ms, Some(retry_ms + moved_ms));

        let jumped = Instant::now();
        soon("the sixth failure", handle.wait_for(|state| state.attempt == 6)).await;
        let waited = jumped.elapsed();
        let wait = Duration::from_millis(wait_ms);
        assert!((wait..wait + Duration::from_millis(20)).contains(&waited), "{waited:?}, not {wait:?}");
        let outcome = monitor.outcome().await;
        outcome.check(&Expected::waiting(Cause::ConnectionRefused, "refused the connection").retry_ms(0..=16_000));
        let failed_ms = outcome.connection.since_ms - before.since_ms;
        assert!((moved_ms..moved_ms + 16_000).contains(&failed_ms), "by the wall's clock: {failed_ms}");
    }
}

/// The operating system's network, with a count of the attempts.
struct Counted(Arc<AtomicUsize>);

impl Transport for Counted {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Tcp.resolve(host, port).await })
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        self.0.fetch_add(1, Relaxed);
        Box::pin(async move { Tcp.connect(address, unacknowledged).await })
    }
}

#[track_caller]
fn one_probe_speaks_for(endpoints: usize, monitor: &Monitor) {
    let rows = monitor.manager.list(&ListQuery::default()).rows;
    assert_eq!(rows.len(), endpoints);
    for row in &rows {
        assert_eq!((row.phase, row.cause), (Phase::Waiting, Some(Cause::ConnectionRefused)));
        assert_eq!(row.next_retry_ms, rows[0].next_retry_ms, "{}", row.endpoint);
    }
}

#[tokio::test(start_paused = true)]
async fn many_endpoints_on_a_host_that_refuses() {
    const ENDPOINTS: usize = 50;
    let (port, base) = refusing_port();
    let attempts = Arc::new(AtomicUsize::new(0));
    let monitor = Monitor::start_on(Counted(Arc::clone(&attempts)), &base).await;
    let mut handles = Vec::new();
    for n in 0..ENDPOINTS {
        handles.push(monitor.manager.connect(&name(&format!("feed-{n}")), None).await.expect("connects"));
    }
    for handle in &mut handles {
        soon("waiting", handle.wait_for(|state| state.next_retry == Some(NextRetry::AtGate))).await;
    }
    one_probe_speaks_for(ENDPOINTS, &monitor);

    let at_first = attempts.load(Relaxed);
    sleep(Duration::from_secs(60)).await;
    let probes = attempts.load(Relaxed) - at_first;
    assert!((20..=120).contains(&probes), "{probes} probes in a minute; alone they would be 400");
    let probed = handles.iter_mut().map(|handle| {
        let before = handle.state().attempt;
        handle.wait_for(move |state| state.attempt > before).boxed()
    });
    soon("a probe", select_all(probed)).await;
    one_probe_speaks_for(ENDPOINTS, &monitor);

    let server = Server::start_at(port);
    let returned = Instant::now();
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let back = join_all(handles.iter_mut().map(|handle| handle.wait_for(|state| state.phase == Phase::Connected)));
    soon("all back", server.during(script, back)).await;
    assert!(returned.elapsed() < Duration::from_secs(3), "{:?}", returned.elapsed());
}

/// The host answers one endpoint and asks another to wait: its recovery is no leave to break the wait.
#[tokio::test(start_paused = true)]
async fn a_wait_that_was_asked_for_outlasts_the_hosts_recovery() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let (asked_to_wait, others) = (Cell::new(0), Cell::new(0));
    let script = async |mut stream: TcpStream| {
        let request = request(&mut stream).await;
        if request.contains("/ws/data-feed ") {
            asked_to_wait.set(asked_to_wait.get() + 1);
            send(&mut stream, b"HTTP/1.1 503 \r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n").await;
        } else if others.replace(others.get() + 1) == 0 {
            send(&mut stream, b"HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n").await;
        } else {
            send(&mut stream, switching_protocols(&request, "").as_bytes()).await;
            until_gone(&mut stream).await;
        }
    };
    let rest = async {
        let mut feed = monitor.connect(ConnectionOptions::default()).await;
        soon("asked to wait", feed.settled()).await;
        let mut other = monitor.manager.connect(&name("other"), None).await.expect("connects");
        soon("the host's failure", other.wait_for(|state| state.next_retry == Some(NextRetry::AtGate))).await;
        soon("its recovery", other.wait_for(|state| state.phase == Phase::Connected)).await;
        sleep(Duration::from_secs(60)).await;
        let left_ms = monitor.feed().next_retry_ms.expect("a retry") - monitor.feed().since_ms;
        assert!(left_ms >= 3_600_000, "{left_ms}");
    };
    server.during(script, rest).await;
    assert_eq!(asked_to_wait.get(), 1);
}
