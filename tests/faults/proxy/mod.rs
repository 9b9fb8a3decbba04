//! Services behind an HTTP proxy: what it is asked, and what is said of one that fails.

mod refusals;

use std::{cell::RefCell, fs, io, net::SocketAddr, path::Path, time::Duration};

use futures_util::{future::BoxFuture, join};
use rustix::io::Errno;
use tokio::net::TcpStream;
use wsmon_manager::{
    BoxStream, CheckedOptions, ManagerConfig, NextRetry, SecretsDir, Service, Services, Tcp, Transport,
};
use wsmon_model::{Cause, ConnectionOptions, Layer, PeerText, Phase};

use super::{
    outcome::{Expected, Outcome},
    support::{Monitor, name, soon},
    tls::{Authority, CA_FILE, certificate_for, trusting},
    wire::{Server, refusing_port, request, send, until_gone, upgrade},
};

const TUNNEL: &[u8] = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy.test\r\n\r\n";

/// A network that knows the proxy's name and no other: the host's is not for us to resolve.
#[derive(Clone, Copy)]
enum Network {
    /// The proxy is there.
    At(SocketAddr),
    /// Its name is not known.
    NameUnknown,
    /// There is no name server.
    NameServerSilent,
    /// There is no way to it.
    NoRoute,
    /// Nothing answers at its address.
    SynDropped,
}

impl Transport for Network {
    fn resolve<'a>(&'a self, host: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        assert_eq!(host, "proxy.test");
        Box::pin(async {
            match self {
                Self::At(address) => Ok(vec![*address]),
                Self::NameUnknown => Err(io::ErrorKind::NotFound.into()),
                Self::NameServerSilent => std::future::pending().await,
                Self::NoRoute | Self::SynDropped => Ok(vec![([192, 0, 2, 1], 3128).into()]),
            }
        })
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            match self {
                Self::At(_) => Tcp.connect(address, unacknowledged).await,
                Self::NoRoute => Err(Errno::HOSTUNREACH.into()),
                _ => std::future::pending().await,
            }
        })
    }
}

/// A monitor of feeds.test behind proxy.test, whose secrets directory is its own.
async fn behind(network: Network, user: &str, scheme: &str) -> Monitor {
    let base = format!("{scheme}://feeds.test/ws/").parse().expect("a base URL");
    let proxy = Some(format!("http://{user}proxy.test:3128").parse().expect("a proxy"));
    let service = Service { proxy, ..Service::new("default".parse().expect("a name"), base) };
    let secrets_here = |config: &mut ManagerConfig, directory: &Path| {
        config.secrets_dir = Some(SecretsDir::new(directory).expect("a directory"));
    };
    Monitor::start_for(network, |_| Services::new([service]).expect("valid"), secrets_here).await
}

/// What comes of a proxy that follows a script.
async fn with_proxy(user: &str, script: impl AsyncFn(TcpStream)) -> Outcome {
    let server = Server::start().await;
    let monitor = behind(Network::At(server.address()), user, "ws").await;
    server.during(script, monitor.failed(ConnectionOptions::default())).await
}

/// What comes of a proxy that answers with this.
async fn answered(user: &str, answer: &[u8]) -> Outcome {
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, answer).await;
        until_gone(&mut stream).await;
    };
    with_proxy(user, script).await
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_is_asked_for_and_carries_the_connection() {
    let seen = RefCell::new(Vec::new());
    let script = async |mut stream: TcpStream| {
        let head = request(&mut stream).await;
        seen.borrow_mut().push(head);
        send(&mut stream, TUNNEL).await;
        let head = upgrade(&mut stream).await;
        seen.borrow_mut().push(head);
    };
    let outcome = with_proxy("ann:passw0rd@", script).await;
    outcome.check(&Expected::waiting(Cause::ConnectionLost, "The connection was cut").once_open());
    let attempt = outcome.evidence.and_then(|evidence| evidence.attempt).expect("an attempt");
    assert!(attempt.proxy_ms.is_some() && attempt.tls_ms.is_none() && attempt.upgrade_ms.is_some(), "{attempt:?}");
    let seen = seen.into_inner();
    let lines: Vec<_> = seen[0].lines().filter(|line| !line.starts_with("User-Agent: websocket-monitor/")).collect();
    let expected =
        ["CONNECT feeds.test:80 HTTP/1.1", "Host: feeds.test:80", "Proxy-Authorization: Basic YW5uOnBhc3N3MHJk", ""];
    assert_eq!(lines, expected);
    assert!(seen[1].starts_with("GET /ws/data-feed HTTP/1.1\r\nHost: feeds.test\r\n"), "{}", seen[1]);
    assert!(!seen[1].to_lowercase().contains("proxy"), "the service does not see the password: {}", seen[1]);
}

#[tokio::test(start_paused = true)]
async fn tls_is_agreed_on_with_the_host_through_the_tunnel() {
    let (server, authority) = (Server::start().await, Authority::new("ours"));
    let acceptor = authority.acceptor(&certificate_for("feeds.test"));
    let seen = RefCell::new(String::new());
    let script = async |mut stream: TcpStream| {
        let head = request(&mut stream).await;
        *seen.borrow_mut() = head;
        send(&mut stream, TUNNEL).await;
        let mut stream = acceptor.accept(stream).await.expect("TLS");
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let monitor = behind(Network::At(server.address()), "", "wss").await;
    authority.write(&monitor);
    let outcome = server.during(script, monitor.settled(trusting(CA_FILE))).await;
    assert_eq!(outcome.connection.phase, Phase::Connected, "{outcome:?}");
    let seen = seen.into_inner();
    assert!(seen.starts_with("CONNECT feeds.test:443 HTTP/1.1\r\n") && !seen.contains("Authorization"), "{seen}");
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_rotated_is_sent_at_the_next_attempt_and_never_told() {
    let server = Server::start().await;
    let monitor = behind(Network::At(server.address()), "ann:file:proxy-password@", "ws").await;
    let path = monitor.directory().join("proxy-password");
    fs::write(&path, "passw0rd-0\n").expect("written");
    let seen = RefCell::new(Vec::new());
    let script = async |mut stream: TcpStream| {
        let head = request(&mut stream).await;
        let sent = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic ")).expect("a sign-in");
        seen.borrow_mut().push(sent.to_owned());
        fs::write(&path, "passw0rd-1\n").expect("written");
        let body = format!("no {sent}, passw0rd-{}", seen.borrow().len() - 1);
        let head = format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n", body.len());
        send(&mut stream, format!("{head}{body}").as_bytes()).await;
        until_gone(&mut stream).await;
    };
    let twice = async {
        let mut handle = monitor.connect(ConnectionOptions::default()).await;
        let second = handle.wait_for(|state| state.attempt == 2 && state.phase == Phase::Waiting);
        soon("two attempts", second).await;
        monitor.outcome().await
    };
    let outcome = server.during(script, twice).await;
    // `ann:passw0rd-0` and `ann:passw0rd-1`.
    assert_eq!(seen.into_inner(), ["YW5uOnBhc3N3MHJkLTA=", "YW5uOnBhc3N3MHJkLTE="]);
    let answer = outcome.evidence.and_then(|evidence| evidence.http).expect("an answer");
    assert_eq!(answer.body, PeerText::new("no ••••••, ••••••"));
}

#[tokio::test(start_paused = true)]
async fn a_password_that_cannot_be_read_is_our_own_fault_and_says_nothing_of_the_host() {
    let server = Server::start().await;
    let monitor = behind(Network::At(server.address()), "ann:file:proxy-password@", "ws").await;
    let nobody_calls = async |_| panic!("an attempt without its password");
    let outcome = server.during(nobody_calls, monitor.settled(ConnectionOptions::default())).await;
    let text = "file:proxy-password cannot be used: there is no such file in the secrets directory. Check the password of the \
                proxy proxy.test:3128 in the monitor's configuration.";
    outcome.check(&Expected::blocked(Cause::InvalidOptions, text));
    assert_eq!(outcome.connection.layer, Some(Layer::Local));
}

/// The way to a host is the same for all of its endpoints, so one probe at a time speaks for them. What the proxy forbids
/// says nothing about the host.
#[tokio::test(start_paused = true)]
async fn a_dead_proxy_counts_as_its_hosts_failing_and_a_strict_one_does_not() {
    let (port, _) = refusing_port();
    let dead = behind(Network::At(port.local_addr().expect("an address")), "", "ws").await;
    let connect = async |monitor: &Monitor, endpoint: &str| {
        let options = CheckedOptions::new(ConnectionOptions::default()).expect("valid");
        monitor.manager.connect(&name(endpoint), options).await.expect("connects")
    };
    let (mut a, mut b) = join!(connect(&dead, "a"), connect(&dead, "b"));
    for handle in [&mut a, &mut b] {
        let probed = handle.wait_for(|state| state.next_retry == Some(NextRetry::AtGate));
        soon("waiting for a probe", probed).await;
    }
    assert!(dead.host_fails());

    let server = Server::start().await;
    let strict = behind(Network::At(server.address()), "", "ws").await;
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
        until_gone(&mut stream).await;
    };
    let both = async {
        let (mut a, mut b) = join!(connect(&strict, "a"), connect(&strict, "b"));
        for handle in [&mut a, &mut b] {
            soon("blocked", handle.wait_for(|state| state.phase == Phase::Blocked)).await;
        }
    };
    server.during(script, both).await;
    assert!(!strict.host_fails());
}
