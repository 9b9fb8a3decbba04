//! When certificates end.

use std::{cell::RefCell, time::Duration};

use rcgen::date_time_ymd;
use tokio::net::TcpStream;
use tokio_rustls::rustls::{HandshakeKind, server::WebPkiClientVerifier};
use wsmon_model::{Phase, ServiceName};

use super::{
    super::{
        support::{FEED, Monitor, name},
        tls::{Authority, certificate_for},
        wire::{Server, until_gone, upgrade},
    },
    BOTH, CA, acceptor, client_named, connect_again, issue, monitor, only_of, write,
};

/// Until when the certificates of the service are known to last, by which they are.
fn ends(monitor: &Monitor) -> Vec<(&'static str, i64)> {
    monitor.manager.certificate_ends().into_iter().map(|end| (end.certificate, end.ends_ms)).collect()
}

/// 01 Jan 3000 and 01 Jan 2500, in Unix milliseconds.
const IN_3000: i64 = 32_503_680_000_000;
const IN_2500: i64 = 16_725_225_600_000;

#[tokio::test(start_paused = true)]
async fn the_end_of_a_certificate_is_that_of_an_intermediate_one_if_that_is_sooner() {
    let (root, server) = (Authority::new("root"), Server::start().await);
    let intermediate = root.below("intermediate", |params| params.not_after = date_time_ymd(2500, 1, 1));
    // It takes no part in what makes the certificate trusted.
    let long_gone = root.below("gone", |params| params.not_after = date_time_ymd(2001, 1, 1));
    let monitor = monitor(&server, true).await;
    write(&monitor, CA, root.certificate().pem());
    let mut client = client_named("monitor");
    client.not_after = date_time_ymd(3000, 1, 1);
    issue(&monitor, &root, &client);
    let acceptor = acceptor(&intermediate, &[&intermediate, &long_gone], only_of(&root), &BOTH);
    let script = async |stream| {
        let mut stream = acceptor.accept(stream).await.expect("a session");
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let seen = async {
        assert_eq!(ends(&monitor), []);
        assert_eq!(connect_again(&monitor).await, Phase::Connected);
        assert_eq!(ends(&monitor), [("server", IN_2500), ("client", IN_3000)]);
        let sentences = monitor.manager.certificates(&ServiceName::default()).await;
        let begins = [
            "The server's certificate for localhost, issued by “intermediate”, expires in 1",
            "The monitor's client certificate of monitor, issued by “root”, expires in 3",
        ];
        assert!(sentences.iter().zip(begins).all(|(told, begins)| told.starts_with(begins)), "{sentences:?}");
        assert!(sentences[0].ends_with(" days (01 Jan 2500).") && sentences[1].ends_with(" days (01 Jan 3000)."));
    };
    server.during(script, seen).await;
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_has_expired_is_known_to_have() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, false).await;
    write(&monitor, CA, authority.certificate().pem());
    let mut certificate = certificate_for("localhost");
    certificate.not_after = date_time_ymd(2001, 1, 1);
    let acceptor = authority.acceptor(&certificate);
    let script = async |stream| drop(acceptor.accept(stream).await);
    let seen = async {
        assert_eq!(connect_again(&monitor).await, Phase::Blocked);
        assert_eq!(ends(&monitor), [("server", 978_307_200_000)]);
    };
    server.during(script, seen).await;
}

/// A session that is resumed shows no certificate anew; it counts as shown all the same, as the server vouches for it.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_resumed() {
    for version in BOTH {
        let (authority, server) = (Authority::new("ours"), Server::start().await);
        let monitor = monitor(&server, false).await;
        write(&monitor, CA, authority.certificate().pem());
        let acceptor = acceptor(&authority, &[], WebPkiClientVerifier::no_client_auth(), &[version]);
        let kinds = RefCell::new(Vec::new());
        let script = async |stream: TcpStream| {
            let mut stream = acceptor.accept(stream).await.expect("a session");
            kinds.borrow_mut().push(stream.get_ref().1.handshake_kind());
            upgrade(&mut stream).await;
            until_gone(&mut stream).await;
        };
        let twice = async {
            assert_eq!(connect_again(&monitor).await, Phase::Connected);
            monitor.manager.disconnect(&name(FEED)).await.expect("disconnected");
            monitor.clock.set(|now| now + Duration::from_secs(3 * 24 * 60 * 60));
            let sentence = monitor.manager.certificates(&ServiceName::default()).await.remove(0);
            assert!(sentence.ends_with("It was last shown 3 days ago, when a connection was opened."), "{sentence}");
            assert_eq!(connect_again(&monitor).await, Phase::Connected);
            let sentence = monitor.manager.certificates(&ServiceName::default()).await.remove(0);
            assert!(!sentence.contains("last shown"), "{sentence}");
        };
        server.during(script, twice).await;
        let expected = [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)];
        assert_eq!(kinds.into_inner(), expected, "{version:?}");
    }
}
