//! What is kept of a failure: what was seen of it.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::future::BoxFuture;
use rcgen::{CertificateParams, DnType, SanType, date_time_ymd};
use tokio::{net::TcpStream, time::sleep};
use wsmon_manager::{BoxStream, ManagerConfig, Tcp, Transport};
use wsmon_model::{
    Attempt, Cause, Certificate, CloseFrame, ConnectionOptions, Evidence, Header, HttpAnswer, Layer, LocalResource,
    PeerText, Phase, Secret, Stage, TlsFault, TlsProblem,
};

use super::{
    outcome::{Expected, Outcome},
    support::{Monitor, fault, fault_with},
    tls::{Authority, CA_FILE, certificate_for, monitor, secure_base, trusting},
    wire::{CLOSE, FIN, Server, frame, refusing_port, request, send, until_gone, upgrade},
};

/// The operating system's errors on Linux.
const ECONNREFUSED: i32 = 111;
const ECONNRESET: i32 = 104;

fn evidence(outcome: Outcome) -> Evidence {
    outcome.evidence.expect("evidence")
}

/// What is kept of an answer to the upgrade.
async fn answered(options: ConnectionOptions, answer: &str) -> HttpAnswer {
    let outcome = fault_with(options, async |mut stream| {
        request(&mut stream).await;
        send(&mut stream, answer.as_bytes()).await;
        until_gone(&mut stream).await;
    });
    let evidence = evidence(outcome.await);
    assert_eq!((evidence.v, evidence.layer, evidence.cause), (1, Some(Layer::Http), Some(Cause::HttpStatus)));
    assert_eq!(evidence.attempt.expect("an attempt").stage, Stage::Upgrade);
    evidence.http.expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn a_refusals_headers_and_body() {
    let answer = answered(
        ConnectionOptions::default(),
        "HTTP/1.1 503 Service Unavailable\r\nServer: feeds/2.1\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Retry-After: 7\r\nWWW-Authenticate: Digest realm=\"feeds\", nonce=\"5ecret\"\r\nSet-Cookie: id=5ecret\r\n\
         Content-Length: 25\r\n\r\nno more than\r\n9 clients\u{1b}[m",
    );
    let expected = HttpAnswer {
        status: 503,
        server: PeerText::new("feeds/2.1"),
        content_type: PeerText::new("text/plain; charset=utf-8"),
        retry_after: PeerText::new("7"),
        retry_after_s: Some(7),
        www_authenticate: PeerText::new("Digest realm=\"feeds\""),
        body: PeerText::new("no more than 9 clients\u{fffd}["),
        ..HttpAnswer::default()
    };
    assert_eq!(answer.await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_refusals_body_in_chunks_and_in_part() {
    let chunked = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwho a\r\n7\r\nre you?\r\n0\r\n\r\n";
    assert_eq!(answered(ConnectionOptions::default(), chunked).await.body.as_str(), "who are you?");
    let long = format!("HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n{}", "x".repeat(5_000));
    assert_eq!(answered(ConnectionOptions::default(), &long).await.body.as_str(), "x".repeat(200));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_repeats_what_was_sent() {
    let options = ConnectionOptions {
        bearer_token: Some(Secret::new("t0ken-t0ken")),
        headers: vec![Header { name: "X-Key".to_owned(), value: Secret::new("k3y-of-ours") }],
        query: Some(Secret::new("key=5ecret5")),
        ..ConnectionOptions::default()
    };
    let body = "t0ken-t0ken, k3y-of-ours and 5ecret5 are not known";
    let answer = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(answered(options, &answer).await.body.as_str(), "••••••, •••••• and •••••• are not known");
}

/// The status is told, although the deadline passes while the body is waited for.
#[tokio::test(start_paused = true)]
async fn a_refusal_whose_body_does_not_come() {
    let outcome = fault(async |mut stream| {
        request(&mut stream).await;
        sleep(Duration::from_millis(9_900)).await;
        send(&mut stream, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n").await;
        until_gone(&mut stream).await;
    })
    .await;
    outcome.check(&Expected::blocked(Cause::HttpStatus, "The server answered HTTP 403 Forbidden"));
    let Evidence { attempt, http, .. } = evidence(outcome);
    assert_eq!(http.expect("an answer").body, PeerText::default());
    let upgrade_ms = attempt.expect("an attempt").upgrade_ms.expect("a time");
    assert!((9_900..=9_950).contains(&upgrade_ms), "{upgrade_ms}");
}

/// A network that takes its time: 30 ms for the name and 200 ms for the connection.
struct Slow(SocketAddr);

impl Transport for Slow {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async {
            sleep(Duration::from_millis(30)).await;
            Ok(vec![self.0])
        })
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            sleep(Duration::from_millis(200)).await;
            Tcp.connect(address, unacknowledged).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_address_and_how_long_each_stage_took() {
    let server = Server::start().await;
    let monitor = Monitor::start_on(Slow(server.address()), "wss://feeds.invalid/").await;
    let script = async |mut stream| until_gone(&mut stream).await;
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    let evidence = evidence(outcome);
    let kept = (evidence.layer, evidence.cause, evidence.after_ms);
    assert_eq!(kept, (Some(Layer::Tls), Some(Cause::HandshakeTimeout), Some(10_000)));
    let Attempt { stage, address, dns_ms, tcp_ms, proxy_ms, tls_ms, upgrade_ms, opening_ms } =
        evidence.attempt.expect("an attempt");
    assert_eq!((stage, address), (Stage::Tls, Some(server.address())));
    assert_eq!((proxy_ms, upgrade_ms, opening_ms), (None, None, None));
    // Paused time has milliseconds.
    let near = |ms: Option<u32>, expected: u32| ms.is_some_and(|ms| (expected..expected + 5).contains(&ms));
    assert!(near(dns_ms, 30) && near(tcp_ms, 200) && near(tls_ms, 9_770), "{dns_ms:?} {tcp_ms:?} {tls_ms:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_keeps_how_it_was_opened() {
    let server = Server::start().await;
    let monitor = Monitor::start_on(Slow(server.address()), "ws://feeds.invalid/").await;
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        stream.set_zero_linger().expect("SO_LINGER");
    };
    let outcome = server.during(script, monitor.failed(ConnectionOptions::default())).await;
    let evidence = evidence(outcome);
    let kept = (evidence.layer, evidence.cause, evidence.errno);
    assert_eq!(kept, (Some(Layer::Websocket), Some(Cause::ConnectionLost), Some(ECONNRESET)));
    let attempt = evidence.attempt.expect("an attempt");
    assert_eq!((attempt.stage, attempt.address), (Stage::Open, Some(server.address())));
    assert!(attempt.dns_ms.is_some() && attempt.upgrade_ms.is_some() && attempt.tls_ms.is_none(), "{attempt:?}");
}

#[tokio::test(start_paused = true)]
async fn a_close_frames_code_and_reason() {
    let outcome = fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &frame(FIN | CLOSE, &[&u16::to_be_bytes(4_001), &b"go\naway"[..]].concat())).await;
        until_gone(&mut stream).await;
    })
    .await;
    let close = CloseFrame { code: Some(4_001), reason: PeerText::new("go\u{fffd}away") };
    assert_eq!(evidence(outcome).close, Some(close));
}

#[tokio::test(start_paused = true)]
async fn the_operating_systems_error() {
    let (port, base) = refusing_port();
    let outcome = Monitor::start(&base).await.settled(ConnectionOptions::default()).await;
    let evidence = evidence(outcome);
    let kept = (evidence.layer, evidence.cause, evidence.errno);
    assert_eq!(kept, (Some(Layer::Tcp), Some(Cause::ConnectionRefused), Some(ECONNREFUSED)));
    let attempt = evidence.attempt.expect("an attempt");
    assert_eq!((attempt.stage, attempt.address), (Stage::Tcp, Some(port.local_addr().expect("an address"))));
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_our_own() {
    let server = Server::start().await;
    let no_sockets = |config: &mut ManagerConfig, _: &_| config.most_sockets = Some(0);
    let monitor = Monitor::start_with(Tcp, &server.base(), no_sockets).await;
    let outcome = server.during(async |_| {}, monitor.settled(ConnectionOptions::default())).await;
    assert_eq!(outcome.connection.layer, Some(Layer::Local));
    let expected = Evidence {
        layer: Some(Layer::Local),
        cause: Some(Cause::LocalResources),
        short_of: Some(LocalResource::Places { most: 0 }),
        ..Evidence::default()
    };
    assert_eq!(evidence(outcome), expected);
}

/// What is kept of a server whose certificate is refused.
async fn refused(certificate: &CertificateParams, trusted: &Authority, signed_by: &Authority) -> TlsFault {
    let acceptor = signed_by.acceptor(certificate);
    let server = Server::start().await;
    let script = async |stream| drop(acceptor.accept(stream).await);
    let monitor = monitor(&server).await;
    trusted.write(&monitor);
    let evidence = evidence(server.during(script, monitor.settled(trusting(CA_FILE))).await);
    assert_eq!((evidence.layer, evidence.cause), (Some(Layer::Tls), Some(Cause::TlsFailure)));
    assert_eq!(evidence.attempt.expect("an attempt").stage, Stage::Tls);
    evidence.tls.expect("a fault")
}

#[tokio::test(start_paused = true)]
async fn a_certificates_names_issuer_and_dates() {
    let authority = Authority::new("ours");
    let mut certificate = certificate_for("localhost");
    certificate.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
    certificate.not_before = date_time_ymd(2000, 1, 1);
    certificate.not_after = date_time_ymd(2001, 1, 1);
    let kept = Certificate {
        names: vec![PeerText::new("localhost"), PeerText::new("192.0.2.1")],
        issuer: PeerText::new("ours"),
        not_before_ms: 946_684_800_000,
        not_after_ms: 978_307_200_000,
    };
    let expired = refused(&certificate, &authority, &authority).await;
    let expected = TlsFault {
        problem: Some(TlsProblem::Expired),
        host: PeerText::new("localhost"),
        alert: None,
        client: None,
        certificate: Some(kept),
    };
    assert_eq!(expired, expected);

    let unknown = refused(&certificate_for("localhost"), &Authority::new("another"), &authority).await;
    let issuer = unknown.certificate.map(|certificate| certificate.issuer);
    assert_eq!((unknown.problem, issuer), (Some(TlsProblem::UnknownIssuer), Some(PeerText::new("ours"))));

    let mut nameless = CertificateParams::default();
    nameless.distinguished_name.push(DnType::CommonName, "old.example");
    let nameless = refused(&nameless, &authority, &authority).await;
    let names = nameless.certificate.map(|certificate| certificate.names);
    assert_eq!((nameless.problem, names), (Some(TlsProblem::WrongName), Some(vec![PeerText::new("old.example")])));
}

#[tokio::test(start_paused = true)]
async fn an_alert_in_the_handshake() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    let script = async |mut stream: TcpStream| {
        // A fatal handshake_failure (RFC 8446 section 6).
        send(&mut stream, &[21, 3, 3, 0, 2, 2, 40]).await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    let text = "TLS failed: the server ended the handshake with the alert handshake_failure. Client and server have no";
    outcome.check(&Expected::blocked(Cause::TlsFailure, text));
    let fault = evidence(outcome).tls.expect("a fault");
    assert_eq!((fault.problem, fault.alert), (Some(TlsProblem::Alert), Some(PeerText::new("handshake_failure"))));
}

/// In TLS 1.3 the client has finished by then.
#[tokio::test(start_paused = true)]
async fn a_client_certificate_that_is_missing() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor_that_asks(&certificate_for("localhost"));
    let server = Server::start().await;
    let script = async |stream| drop(acceptor.accept(stream).await);
    let monitor = monitor(&server).await;
    authority.write(&monitor);
    let outcome = server.during(script, monitor.settled(trusting(CA_FILE))).await;
    let text = "with the alert certificate_required. It asks for a client certificate.";
    outcome.check(&Expected::blocked(Cause::TlsFailure, text));
    assert_eq!(outcome.connection.phase, Phase::Blocked);
    let evidence = evidence(outcome);
    assert_eq!(evidence.attempt.expect("an attempt").stage, Stage::Upgrade);
}
