//! Files that are replaced.

use std::cell::RefCell;

use wsmon_model::{Cause, ConnectionOptions, Phase};

use super::{
    super::{
        support::{FEED, name, soon},
        tls::{Authority, certificate_for},
        wire::{Server, until_gone, upgrade},
    },
    BOTH, CA, CERT, KEY, acceptor, client_named, connect_again, issue, monitor, only_of, write,
};

#[tokio::test(start_paused = true)]
async fn a_client_certificate_is_shown_and_one_that_takes_its_place_is_shown_next() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, true).await;
    write(&monitor, CA, authority.certificate().pem());
    let acceptor = acceptor(&authority, &[], only_of(&authority), &BOTH);
    let seen = RefCell::new(Vec::new());
    let script = async |stream| {
        let mut stream = acceptor.accept(stream).await.expect("a session");
        let shown = stream.get_ref().1.peer_certificates().expect("one was asked for");
        seen.borrow_mut().push(shown.first().expect("a certificate").to_vec());
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let twice = async {
        let first = issue(&monitor, &authority, &client_named("first"));
        assert_eq!(connect_again(&monitor).await, Phase::Connected);
        monitor.manager.disconnect(&name(FEED)).await.expect("disconnected");
        let second = issue(&monitor, &authority, &client_named("second"));
        assert_eq!(connect_again(&monitor).await, Phase::Connected);
        [first, second]
    };
    let issued = server.during(script, twice).await;
    assert_eq!(seen.into_inner(), issued);
}

/// A renewal replaces one file after the other, and nobody clicks.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_under_way_passes_by_itself() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, true).await;
    write(&monitor, CA, authority.certificate().pem());
    issue(&monitor, &authority, &client_named("before"));
    let (certificate, key) = authority.issue(&client_named("after"));
    write(&monitor, CERT, certificate.pem());
    let acceptor = acceptor(&authority, &[], only_of(&authority), &BOTH);
    let script = async |stream| {
        let mut stream = acceptor.accept(stream).await.expect("a session");
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let renewed = async {
        let mut handle = monitor.connect(ConnectionOptions::default()).await;
        let failed = soon("a failure", handle.settled()).await.failure.expect("a failure");
        assert_eq!(failed.cause(), Cause::UnusableCertificate);
        assert!(!monitor.host_fails(), "that is no fault of the host's");
        write(&monitor, KEY, key.serialize_pem());
        soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
    };
    server.during(script, renewed).await;
}

#[tokio::test(start_paused = true)]
async fn the_authorities_of_a_service_are_read_anew() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, false).await;
    let acceptor = authority.acceptor(&certificate_for("localhost"));
    let script = async |stream| {
        if let Ok(mut stream) = acceptor.accept(stream).await {
            upgrade(&mut stream).await;
            until_gone(&mut stream).await;
        }
    };
    let replaced = async {
        assert_eq!(connect_again(&monitor).await, Phase::Waiting, "there is no file");
        let text = monitor.feed().cause_text.expect("a sentence");
        assert!(text.starts_with("The service's file of certificates to trust (ca-file, "), "{text}");
        write(&monitor, CA, Authority::new("theirs").certificate().pem());
        assert_eq!(connect_again(&monitor).await, Phase::Blocked, "it trusts another");
        write(&monitor, CA, authority.certificate().pem());
        assert_eq!(connect_again(&monitor).await, Phase::Connected);
    };
    server.during(script, replaced).await;
}
