//! The files of TLS that the configuration of a service names: whether it starts without them, and that no key gets out.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use tokio_tungstenite::accept_async;
use wsmon_manager::{ClientFiles, Service, Services, TlsFiles};
use wsmon_model::ServiceName;

use crate::support::{
    monitor::{Monitor, Visitor},
    upstream::base_at,
};

/// A service over TLS with a certificate of an authority's, which holds its clients; its port.
async fn serve(authority: &CertifiedIssuer<'static, KeyPair>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring supports them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            held.extend(accept_async(stream).await.ok());
        }
    });
    port
}

fn services(port: u16, directory: &Path) -> Services {
    let client = ClientFiles { cert: directory.join("client.pem"), key: directory.join("client.key") };
    let tls = TlsFiles { ca_file: Some(directory.join("ca.pem")), client: Some(client) };
    let base = format!("wss://localhost:{port}/").parse().expect("a base URL");
    Services::new([Service { tls, ..Service::new(ServiceName::default(), base) }]).expect("a service")
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "our authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// Everything that a visitor can see of the endpoint.
async fn seen(admin: &Visitor) -> String {
    let mut seen = String::new();
    for path in ["/admin/websocket-monitor", "/admin/websocket-monitor/data-feed", "/admin/audit", "/metrics"] {
        seen += &admin.get(path).await.text().await.expect("a page");
    }
    seen + &admin.call("load_endpoint", json!({ "endpoint": "data-feed" })).await.text().await.expect("an answer")
}

#[tokio::test]
async fn both_certificates_are_shown_and_the_key_never_is() {
    let (authority, directory) = (authority(), tempfile::tempdir().expect("a directory"));
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("written");
    let port = serve(&authority).await;
    let services = services(port, directory.path());
    // Nothing that it names is there yet.
    let monitor = Monitor::start_with(base_at(([127, 0, 0, 1], 9).into()), |config| config.services = services).await;
    let admin = Visitor::admin(&monitor).await;
    let connect = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "monitor.example");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &authority).expect("a certificate").pem();
    let (key, other_key) = (key.serialize_pem(), KeyPair::generate().expect("a key").serialize_pem());
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let broken = key.replacen("MI", "AA", 1);
    let lines: Vec<_> = [&key, &other_key, &broken].into_iter().flat_map(|pem| pem.lines()).collect();
    let is_shown = |text: &str| lines.iter().any(|line| !line.starts_with("-----") && text.contains(line));
    write("ca.pem", &authority.pem());
    let text = |seen: &str, words: &str| assert!(seen.contains(words), "{words}: {seen}");
    assert_eq!(admin.call("change_connection", connect.clone()).await.status(), 200);
    text(&seen(&admin).await, "there is no such file");
    write("client.pem", &certificate);
    for (key, words) in
        [(&encrypted, "it is encrypted"), (&broken, "not supported"), (&other_key, "does not belong to the first")]
    {
        write("client.key", key);
        assert_eq!(admin.call("change_connection", connect.clone()).await.status(), 200);
        let seen = seen(&admin).await;
        text(&seen, words);
        text(&seen, "unusable_certificate");
        assert!(!is_shown(&seen), "{seen}");
    }
    write("client.key", &key);
    assert_eq!(admin.call("change_connection", connect).await.status(), 200);
    let seen = seen(&admin).await;
    for words in [
        "The server's certificate for localhost, issued by “our authority”, expires in ",
        "The monitor's client certificate of monitor.example, issued by “our authority”, expires in ",
        "wsmon_certificate_expiry_timestamp_seconds{service=\"default\",certificate=\"server\"} 67090118400",
        "wsmon_certificate_expiry_timestamp_seconds{service=\"default\",certificate=\"client\"} 67090118400",
    ] {
        text(&seen, words);
    }
    assert!(!is_shown(&seen), "{seen}");
}
