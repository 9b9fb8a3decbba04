//! nginx that asks for client certificates. It finishes the handshake in any case, and refuses by an answer in HTTP.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use wsmon_manager::{ClientFiles, Service, Services, TlsFiles};
use wsmon_model::{ConnectionOptions, Phase, ServiceName};

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
    upstream::{Manner, Upstream},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// Writes a certificate for `localhost` and its key.
fn issue(authority: &Authority, directory: &Path, name: &str) {
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    fs::write(directory.join(format!("{name}.pem")), certificate.pem()).expect("written");
    fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).expect("written");
}

/// nginx in front of an upstream, and the directory with its certificates.
async fn start(upstream: &Upstream, authority: &Authority) -> Option<(Server, TempDir)> {
    let program = install::program("nginx")?;
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("ca.pem"), authority.pem()).expect("written");
    issue(authority, directory.path(), "server");
    let port = free_port();
    let config = include_str!("nginx_tls.conf").replace("LISTEN", &port.to_string());
    let config = config.replace("UPSTREAM", &upstream.base().port().to_string());
    let config = config.replace("DIRECTORY", directory.path().to_str().expect("text"));
    let arguments = ["-e", "stderr", "-p", "./", "-c", "config"];
    Some((Server::start(&program, port, &arguments, &config, "event method").await, directory))
}

/// A service at that port that trusts its authority.
fn service(port: u16, directory: &Path, client: Option<&str>) -> Services {
    let file = |name: &str| directory.join(name);
    let client =
        client.map(|name| ClientFiles { cert: file(&format!("{name}.pem")), key: file(&format!("{name}.key")) });
    let tls = TlsFiles { ca_file: Some(file("ca.pem")), client };
    let base = format!("wss://localhost:{port}/").parse().expect("a base URL");
    Services::new([Service { tls, ..Service::new(ServiceName::default(), base) }]).expect("a service")
}

#[tokio::test]
async fn it_takes_a_client_certificate_and_says_what_it_does_not_take() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let upstream = Upstream::start(Manner::Echo).await;
    let Some((mut proxy, directory)) = start(&upstream, &ours).await else { return };
    let directory = directory.path();
    issue(&ours, directory, "client");
    issue(&theirs, directory, "stranger");
    let port = proxy.port;
    let connect = async |client| {
        let services = service(port, directory, client);
        Client::connect_service(services, "data-feed", ConnectionOptions::default()).await
    };
    let refusals = [
        (
            None,
            "The server answered HTTP 400 Bad Request instead of opening a WebSocket. It asks for a client certificate. Name \
             one in the service's configuration: client-cert and client-key.",
        ),
        (
            Some("stranger"),
            "The server answered HTTP 400 Bad Request instead of opening a WebSocket. It refused the monitor's client \
             certificate: it is of an authority that it does not trust, has expired or was revoked. Its log says which.",
        ),
    ];
    for (client, sentence) in refusals {
        let mut refused = connect(client).await;
        let state = refused.until(Phase::Blocked).await;
        assert_eq!(state.failure.expect("a failure").to_string(), sentence);
    }
    let mut client = connect(Some("client")).await;
    client.outlives(&mut proxy).await;
}
