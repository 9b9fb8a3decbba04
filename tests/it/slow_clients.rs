//! Clients that hold connections, send slowly or do not read, and what is left for everybody else.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use reqwest::Response;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use websocket_monitor::server::{HttpLimits, config::Config};

use crate::support::{
    monitor::{Monitor, Visitor},
    name, soon,
    upstream::{base_at, vacant},
};

/// An attacker's address and that of whoever looks after the monitor.
const ATTACKER: [u8; 4] = [127, 0, 0, 66];

async fn monitor(limits: HttpLimits, change: impl FnOnce(&mut Config)) -> Monitor {
    let change = |config: &mut Config| {
        config.limits = limits;
        change(config);
    };
    Monitor::start_with(base_at(vacant().await), change).await
}

/// A few places, so that a test need not open a thousand connections.
fn few() -> HttpLimits {
    HttpLimits {
        connections: 12,
        per_address: 8,
        reserve: 6,
        reserve_life: Duration::from_secs(2),
        ..HttpLimits::default()
    }
}

/// A connection from an address of this machine, with the smallest buffer for what comes.
async fn connect(monitor: &Monitor, from: [u8; 4]) -> TcpStream {
    connect_with(monitor, from, 4_096).await
}

async fn connect_with(monitor: &Monitor, from: [u8; 4], buffer: u32) -> TcpStream {
    let to: SocketAddr = monitor.url.strip_prefix("http://").expect("http").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(buffer).expect("set");
    socket.bind((from, 0).into()).expect("an address of this machine");
    soon("a connection", socket.connect(to)).await.expect("connects")
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("sent");
}

/// What comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = soon("the connection's end", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const LOGIN: &str = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=";

/// What one request on a connection of its own is answered.
async fn ask(monitor: &Monitor, from: [u8; 4], path: &str) -> String {
    let mut stream = connect(monitor, from).await;
    send(&mut stream, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")).await;
    rest(&mut stream).await
}

async fn assert_well(monitor: &Monitor, from: [u8; 4]) {
    for path in ["/healthz", "/readyz", "/metrics"] {
        let began = Instant::now();
        let answer = ask(monitor, from, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.contains("content-security-policy"), "the headers of every answer: {answer}");
        // Far below the least of the attackers' deadlines, which is what it would wait for.
        assert!(began.elapsed() < Duration::from_secs(5), "{path} took {:?}", began.elapsed());
    }
}

/// Clients that sent something and go no further, until they are dropped.
async fn hold(monitor: &Monitor, from: [u8; 4], count: usize, text: &str) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = connect(monitor, from).await;
        send(&mut stream, text).await;
        held.push(stream);
    }
    held
}

#[tokio::test]
async fn one_address_leaves_the_others_their_places_and_health_answers_it_too() {
    let monitor = monitor(few(), |_| {}).await;
    for text in ["", "GET /login HTTP/1.1\r\n", LOGIN] {
        let _held = hold(&monitor, ATTACKER, 40, text).await;
        assert_well(&monitor, ATTACKER).await;
        assert_well(&monitor, [127, 0, 0, 1]).await;
        let page = ask(&monitor, [127, 0, 0, 1], "/login").await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let refused = ask(&monitor, ATTACKER, "/login").await;
        assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("connection: close"), "{refused}");
        assert!(refused.contains("too many connections") && refused.contains("retry-after"), "{refused}");
    }
}

#[tokio::test]
async fn health_answers_when_every_place_is_taken() {
    let monitor = monitor(few(), |_| {}).await;
    let _one = hold(&monitor, ATTACKER, 30, LOGIN).await;
    let _other = hold(&monitor, [127, 0, 0, 67], 30, LOGIN).await;
    assert_well(&monitor, [127, 0, 0, 1]).await;
    let refused = ask(&monitor, [127, 0, 0, 1], "/login").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
}

#[tokio::test]
async fn a_trusted_proxy_may_have_all_places() {
    let monitor =
        monitor(few(), |config| config.settings.trusted_proxies = vec!["127.0.0.66/32".parse().expect("a network")])
            .await;
    let _held = hold(&monitor, ATTACKER, 11, LOGIN).await;
    let page = ask(&monitor, ATTACKER, "/login").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
}

#[tokio::test]
async fn a_place_is_free_again_when_the_clients_deadline_is_over() {
    let limits = HttpLimits { body: Duration::from_secs(1), head: Duration::from_secs(1), ..few() };
    let monitor = monitor(limits, |_| {}).await;
    for text in ["GET /login HTTP/1.1\r\n", LOGIN] {
        let mut held = hold(&monitor, ATTACKER, 8, text).await;
        for stream in &mut held {
            let answer = rest(stream).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
        let page = ask(&monitor, ATTACKER, "/login").await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    }
}

/// An answer that is larger than what the kernel takes.
const LARGE: &str = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

async fn with_a_large_answer(limits: HttpLimits) -> Monitor {
    let monitor = monitor(limits, |_| {}).await;
    for number in 0..500 {
        let endpoint = name(&format!("{}-{number}", "a-name-that-is-rather-long".repeat(4)));
        monitor.state.manager.connect(&endpoint, None).await.expect("kept");
    }
    let answer: Response = Visitor::new(&monitor).get("/metrics").await;
    assert!(answer.bytes().await.expect("a body").len() > 1_000_000);
    monitor
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let limits = HttpLimits { write_stall: Duration::from_secs(1), ..few() };
    let monitor = with_a_large_answer(limits).await;
    let mut held = hold(&monitor, ATTACKER, 8, LARGE).await;
    // Whether it is let go shows only in writing, as it does not read.
    for stream in &mut held {
        let gone = async {
            while stream.write_all(b"\r\n").await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        soon("to be let go", gone).await;
    }
    let page = ask(&monitor, ATTACKER, "/login").await;
    assert!(page.starts_with("HTTP/1.1 200"), "their places are free: {page}");
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all_of_it() {
    let limits = HttpLimits { write_stall: Duration::from_secs(1), ..few() };
    let monitor = with_a_large_answer(limits).await;
    let mut stream = connect_with(&monitor, ATTACKER, 64 * 1_024).await;
    send(&mut stream, &LARGE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).await;
    let (began, mut came, mut piece) = (Instant::now(), Vec::new(), vec![0; 32 * 1_024]);
    let mut every = tokio::time::interval(Duration::from_millis(100));
    loop {
        every.tick().await;
        let length =
            timeout(Duration::from_secs(10), stream.read(&mut piece)).await.expect("in time").expect("not cut");
        if length == 0 {
            break;
        }
        came.extend_from_slice(&piece[..length]);
    }
    assert!(began.elapsed() > Duration::from_secs(2), "longer than the deadline: {:?}", began.elapsed());
    assert!(String::from_utf8_lossy(&came).contains("wsmon_build_info"), "{} bytes came", came.len());
}
