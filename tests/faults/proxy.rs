//! Services behind an HTTP proxy: what it is asked, and what is said of one that fails.

use std::{cell::RefCell, fs, io, net::SocketAddr, path::Path, time::Duration};

use futures_util::{future::BoxFuture, join};
use rustix::io::Errno;
use tokio::net::TcpStream;
use wsmon_manager::{
    BoxStream, CheckedOptions, ManagerConfig, NextRetry, SecretsDir, Service, Services, Tcp, Transport,
};
use wsmon_model::{Cause, ConnectionOptions, Layer, PeerText, Phase, Stage};

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
async fn a_proxy_that_wants_a_sign_in_is_told_from_a_service_that_does() {
    let answer = |challenge: &str| {
        format!("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n{challenge}\r\n").into_bytes()
    };
    let basic = answer("Proxy-Authenticate: Basic realm=\"Squid\"\r\n");
    for (user, answer, text) in [
        (
            "",
            &basic,
            "The proxy proxy.test:3128 wants a user and password (HTTP 407), and the monitor's configuration gives none.",
        ),
        (
            "ann:passw0rd@",
            &basic,
            "The proxy proxy.test:3128 does not take the user and password that the monitor's configuration gives for it \
             (HTTP 407).",
        ),
        (
            "ann:passw0rd@",
            &b"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"Tinyproxy\"\r\n\r\n".to_vec(),
            "does not take the user and password that the monitor's configuration gives for it (HTTP 401).",
        ),
        (
            "ann:passw0rd@",
            &answer("Proxy-Authenticate: Negotiate s3cret\r\nProxy-Authenticate: NTLM\r\n"),
            "The proxy proxy.test:3128 wants a sign-in that the monitor does not know (HTTP 407): “Negotiate, NTLM”.",
        ),
    ] {
        let outcome = answered(user, answer).await;
        outcome.check(&Expected::blocked(Cause::ProxyAuth, text));
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_opens_no_tunnel_is_told_in_its_own_words() {
    let blocked = |text| Expected::blocked(Cause::ProxyRefused, text);
    let waiting = |text| Expected::waiting(Cause::ProxyRefused, text);
    for (status, expected) in [
        (
            "403 Filtered",
            blocked(
                "The proxy proxy.test:3128 answered HTTP 403 Forbidden instead of opening a tunnel to feeds.test:80. Its \
                 rules do not let the monitor reach that host and port: have them allowed there.",
            ),
        ),
        ("302 Found", blocked("HTTP 302 Found instead of opening a tunnel to feeds.test:80. It points elsewhere")),
        (
            "405 No",
            blocked("HTTP 405 Method Not Allowed instead of opening a tunnel to feeds.test:80. Check that it is"),
        ),
        ("501 No", blocked("HTTP 501 Not Implemented instead of opening a tunnel to feeds.test:80. Check that it is")),
        (
            "500 Unable to connect",
            waiting("HTTP 500 Internal Server Error instead of opening a tunnel to feeds.test:80. It cannot reach"),
        ),
        ("502 Bad", waiting("HTTP 502 Bad Gateway instead of opening a tunnel to feeds.test:80. It cannot reach that")),
        ("504 Late", waiting("HTTP 504 Gateway Timeout instead of opening a tunnel to feeds.test:80. It cannot reach")),
        (
            "503 Full\r\nRetry-After: 7",
            waiting("It cannot reach that host, or is itself out of order. Its log says which. It asks to wait 7 s.")
                .retry_ms(7_000..=7_500),
        ),
    ] {
        let outcome = answered("", format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nwhy?").as_bytes()).await;
        outcome.check(&expected);
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
        let evidence = outcome.evidence.expect("evidence");
        let tunnel = evidence.tunnel.expect("a tunnel");
        assert_eq!((tunnel.proxy.as_str(), tunnel.target.as_str()), ("proxy.test:3128", "feeds.test:80"));
        assert_eq!(evidence.http.expect("an answer").body.as_str(), "why?");
        assert_eq!(evidence.attempt.expect("an attempt").stage, Stage::Proxy);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_proxy_is_told_as_that() {
    let port = "Check that an HTTP proxy listens at that port.";
    for (answer, detail) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "The proxy proxy.test:3128 did not answer as an HTTP proxy does: "),
        (b"\x05\xff\r\n\r\n", port),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "more than an answer came, although nothing had been asked of the host yet."),
        (&[b"HTTP/1.1 200 OK\r\nX: ", &[b'x'; 70_000][..]].concat(), "its headers are larger than 64 KiB"),
    ] {
        let outcome = answered("", answer).await;
        outcome.check(&Expected::blocked(Cause::ProxyRefused, detail));
        outcome.check(&Expected::blocked(Cause::ProxyRefused, port));
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_does_not_answer_is_told_by_how_far_it_came() {
    let unreachable = |text| Expected::waiting(Cause::ProxyUnreachable, text);
    let hangs = async |mut stream| until_gone(&mut stream).await;
    let outcome = with_proxy("", hangs).await;
    outcome.check(&unreachable(
        "The proxy proxy.test:3128 accepted the connection but did not open a tunnel to feeds.test:80 within 5 s: it hangs, \
         or cannot reach that host.",
    ));
    assert_eq!(outcome.connection.layer, Some(Layer::Http));
    let hangs_up = async |mut stream: TcpStream| {
        request(&mut stream).await;
    };
    let text = "The proxy proxy.test:3128 hung up instead of opening a tunnel to feeds.test:80. Its log says why.";
    with_proxy("", hangs_up).await.check(&unreachable(text));

    let (port, _) = refusing_port();
    let refusing = port.local_addr().expect("an address");
    for (network, layer, text) in [
        (
            Network::At(refusing),
            Layer::Tcp,
            "The proxy proxy.test:3128 refused the connection: nothing is listening there. Check the service's proxy",
        ),
        (
            Network::NameUnknown,
            Layer::Dns,
            "The proxy proxy.test:3128 cannot be reached: there is no host named proxy.test, or it has no address.",
        ),
        (
            Network::NameServerSilent,
            Layer::Dns,
            "The proxy proxy.test:3128 cannot be reached: no name server gave an answer for its host within 5 s.",
        ),
        (
            Network::NoRoute,
            Layer::Tcp,
            "The proxy proxy.test:3128 cannot be reached: no route to host. Check the service's",
        ),
        (
            Network::SynDropped,
            Layer::Tcp,
            "The proxy proxy.test:3128 did not accept a TCP connection within 5 s. Check",
        ),
    ] {
        let outcome = behind(network, "", "ws").await.settled(ConnectionOptions::default()).await;
        outcome.check(&unreachable(text));
        assert_eq!(outcome.connection.layer, Some(layer));
    }
}

/// The proxy has half of the attempt's time, so that a service that hangs behind it is told as that.
#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_behind_the_proxy_is_told_from_the_proxy() {
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, TUNNEL).await;
        until_gone(&mut stream).await;
    };
    let outcome = with_proxy("", script).await;
    let text = "The server accepted the connection but did not answer the WebSocket upgrade within 10 s.";
    outcome.check(&Expected::waiting(Cause::HandshakeTimeout, text));
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
