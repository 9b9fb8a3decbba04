//! What counts as evidence that the host itself fails, and what is shown while it does.

use std::cell::Cell;

use futures_util::{FutureExt, future::select_all};
use tokio::{io::AsyncReadExt, net::TcpStream};
use wsmon_manager::{CheckedOptions, ConnectionHandle, NextRetry};
use wsmon_model::{Cause, Connection, ConnectionOptions, Phase};

use super::{
    support::{Monitor, name, soon},
    tls::{self, Authority, CA_FILE, certificate_for, secure_base, trusting},
    wire::{Server, refusing_port, until_gone, upgrade},
};

async fn connect(monitor: &Monitor, endpoint: &str, options: ConnectionOptions) -> ConnectionHandle {
    let options = CheckedOptions::new(options).expect("valid options");
    monitor.manager.connect(&name(endpoint), options).await.expect("connects")
}

async fn settled(monitor: &Monitor, endpoint: &str, options: ConnectionOptions) -> ConnectionHandle {
    let mut handle = connect(monitor, endpoint, options).await;
    soon("the attempt's end", handle.settled()).await;
    handle
}

fn shown(monitor: &Monitor, endpoint: &str) -> Connection {
    monitor.manager.get(&name(endpoint)).expect("it is there")
}

/// Two endpoints find the host failing, and wait for its probes.
async fn host_fails(monitor: &Monitor) -> [ConnectionHandle; 2] {
    let mut handles = ["a", "b"].map(|endpoint| settled(monitor, endpoint, ConnectionOptions::default()).boxed());
    let [a, b] = &mut handles;
    let mut handles = [a.await, b.await];
    for handle in &mut handles {
        soon("waiting for a probe", handle.wait_for(|state| state.next_retry == Some(NextRetry::AtGate))).await;
    }
    assert!(monitor.host_fails());
    handles
}

#[tokio::test(start_paused = true)]
async fn a_missing_file_says_nothing_of_the_host() {
    let (_port, base) = refusing_port();
    let monitor = Monitor::start(&base.replace("ws://", "wss://")).await;
    host_fails(&monitor).await;
    let before = ["a", "b"].map(|endpoint| shown(&monitor, endpoint));
    let ca_file = Some("/nowhere/ca.pem".to_owned());
    let options = ConnectionOptions { ca_file, ..ConnectionOptions::default() };
    let mut other = settled(&monitor, "other", options).await;
    soon("blocked", other.wait_for(|state| state.phase == Phase::Blocked)).await;
    assert_eq!(shown(&monitor, "other").cause, Some(Cause::InvalidOptions));
    assert_eq!(["a", "b"].map(|endpoint| shown(&monitor, endpoint)), before, "nobody is let loose");
    assert!(monitor.host_fails());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cuts_tls_fails() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    // The first bytes of the client's hello are read, so that the cut falls into the handshake.
    let script = async |mut stream: TcpStream| {
        let _ = stream.read_u8().await;
    };
    let rest = async {
        for endpoint in ["a", "b"] {
            settled(&monitor, endpoint, ConnectionOptions::default()).await;
        }
        assert!(monitor.host_fails());
    };
    server.during(script, rest).await;
}

/// The certificate expires while a session is open, which is evidence for the host: the breaker stays closed.
#[tokio::test(start_paused = true)]
async fn any_success_frees_what_an_expired_certificate_blocked() {
    let authority = Authority::new("ours");
    let valid = authority.acceptor(&certificate_for("localhost"));
    let mut expired = certificate_for("localhost");
    expired.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let expired = authority.acceptor(&expired);
    let has_expired = Cell::new(false);
    let server = Server::start().await;
    let script = async |stream| {
        let acceptor = if has_expired.get() { &expired } else { &valid };
        if let Ok(mut stream) = acceptor.accept(stream).await {
            upgrade(&mut stream).await;
            until_gone(&mut stream).await;
        }
    };
    let monitor = tls::monitor(&server).await;
    authority.write(&monitor);
    let rest = async {
        let before = settled(&monitor, "before", trusting(CA_FILE)).await;
        assert_eq!(before.state().phase, Phase::Connected);
        has_expired.set(true);
        let mut blocked = settled(&monitor, "blocked", trusting(CA_FILE)).await;
        assert_eq!(blocked.state().phase, Phase::Blocked);
        has_expired.set(false);
        let after = settled(&monitor, "after", trusting(CA_FILE)).await;
        assert_eq!(after.state().phase, Phase::Connected);
        soon("connected again", blocked.wait_for(|state| state.phase == Phase::Connected)).await;
    };
    server.during(script, rest).await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_row_says_when_the_probe_is_due() {
    let (port, base) = refusing_port();
    let monitor = Monitor::start(&base).await;
    let mut handles = host_fails(&monitor).await;
    let due = ["a", "b"].map(|endpoint| shown(&monitor, endpoint).next_retry_ms.expect("a time"));
    assert_eq!(due[0], due[1]);

    let server = Server::start_at(port);
    let hangs = async |mut stream: TcpStream| until_gone(&mut stream).await;
    let rest = async {
        let probes = handles.iter_mut().map(|handle| handle.wait_for(|state| state.phase == Phase::Connecting).boxed());
        let (_, prober, _) = soon("a probe", select_all(probes)).await;
        let waiting = ["b", "a"][prober];
        let row = shown(&monitor, waiting);
        assert_eq!((row.phase, row.next_retry_ms), (Phase::Waiting, None), "a probe is under way: no time is known");
        soon("the probe's end", handles[prober].wait_for(|state| state.phase == Phase::Waiting)).await;
        let row = shown(&monitor, waiting);
        let wait_ms = row.next_retry_ms.expect("a time") - shown(&monitor, ["a", "b"][prober]).since_ms;
        assert!((0..=60_000).contains(&wait_ms), "{row:?}");
    };
    server.during(hangs, rest).await;
}
