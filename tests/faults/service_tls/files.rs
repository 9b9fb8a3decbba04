//! Files that cannot be used: the server is not tried.

use rcgen::{KeyPair, date_time_ymd};
use wsmon_model::{Cause, ConnectionOptions, EventKind, Layer, Status};

use super::{
    super::{
        outcome::{Expected, Outcome},
        support::Monitor,
        tls::Authority,
        wire::Server,
    },
    CA, CERT, KEY, client_named, issue, monitor, write,
};

const OF_CERT: &str = "The service's client certificate (client-cert, ";
const OF_KEY: &str = "The key of the service's client certificate (client-key, ";

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_used() {
    let authority = Authority::new("ours");
    let (certificate, key) = authority.issue(&client_named("monitor"));
    let (cert, key) = (certificate.pem(), key.serialize_pem());
    let other_key = KeyPair::generate().expect("a key").serialize_pem();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let encrypted_before =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let cut = &cert[..cert.len() / 2];
    let rows = [
        (None, Some(&*key), OF_CERT, "cannot be read: there is no such file. Check it and the service's"),
        (Some(&*cert), None, OF_KEY, "cannot be read: there is no such file. Check it and the service's"),
        (Some(""), Some(&*key), OF_CERT, "cannot be used: it holds no certificate. It needs a line that says"),
        (Some(cut), Some(&*key), OF_CERT, "cannot be used: it is not in PEM format. Convert it"),
        (Some(&*cert), Some(""), OF_KEY, "cannot be used: it holds no private key. It needs a line that says"),
        (Some(&*cert), Some(&*encrypted), OF_KEY, "cannot be used: it is encrypted, and nobody is there to type"),
        (Some(&*cert), Some(encrypted_before), OF_KEY, "cannot be used: it is encrypted, and nobody is there to type"),
        (Some(&*cert), Some(no_key), OF_KEY, "cannot be used: it is of a kind that is not supported. RSA"),
        (Some(&*cert), Some(&*other_key), OF_KEY, "cannot be used: it does not belong to the first certificate in"),
    ];
    for (cert, key, begins, text) in rows {
        let server = Server::start().await;
        let monitor = monitor(&server, true).await;
        write(&monitor, CA, authority.certificate().pem());
        cert.inspect(|cert| write(&monitor, CERT, cert));
        key.inspect(|key| write(&monitor, KEY, key));
        let outcome = not_tried(&server, monitor).await;
        outcome.check(&Expected::waiting(Cause::UnusableCertificate, text));
        assert!(outcome.connection.cause_text.as_deref().is_some_and(|text| text.starts_with(begins)), "{outcome:?}");
    }
}

/// What comes of an attempt that fails before the server hears of it.
async fn not_tried(server: &Server, monitor: Monitor) -> Outcome {
    let script = async |_| panic!("the server was tried");
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    assert_eq!(outcome.connection.layer, Some(Layer::Local));
    outcome
}

#[tokio::test(start_paused = true)]
async fn a_client_certificate_that_is_out_of_its_time() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let (mut expired, mut not_yet) = (client_named("monitor"), client_named("monitor"));
    expired.not_after = date_time_ymd(2001, 1, 1);
    not_yet.not_before = date_time_ymd(3001, 1, 1);
    for (params, text) in [
        (
            expired,
            "The monitor's client certificate “monitor” expired on 01 Jan 2001, so no attempt is made with it. Put",
        ),
        (not_yet, "The monitor's client certificate “monitor” is not valid before 01 Jan 3001, so no attempt is made"),
    ] {
        let monitor = monitor(&server, true).await;
        write(&monitor, CA, authority.certificate().pem());
        issue(&monitor, &authority, &params);
        not_tried(&server, monitor).await.check(&Expected::waiting(Cause::UnusableCertificate, text));
    }
}

#[tokio::test(start_paused = true)]
async fn options_come_before_the_file_of_the_service() {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, false).await;
    write(&monitor, CA, authority.certificate().pem());
    let options = ConnectionOptions { ca_file: Some("other.pem".to_owned()), ..ConnectionOptions::default() };
    let outcome = server.during(async |_| {}, monitor.settled(options)).await;
    outcome.check(&Expected::blocked(Cause::InvalidOptions, "other.pem cannot be used: the monitor has no secrets"));
    assert_eq!(outcome.connection.status(), Status::Disconnected);
    assert_eq!(outcome.events.first().expect("an event").kind, EventKind::Blocked);
}
