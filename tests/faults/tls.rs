//! What goes wrong with TLS.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};
use wsmon_manager::{ManagerConfig, SecretsDir, Tcp};
use wsmon_model::{Cause, ConnectionOptions, EventKind, Status};

use super::{
    outcome::{Expected, Outcome},
    support::Monitor,
    wire::{Server, send, until_gone, upgrade},
};

/// Somebody who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let params = Self::params(name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    /// Another one, for which this one vouches.
    pub fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = Self::params(name);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::signed_by(params, key, &self.0).expect("an authority"))
    }

    /// A server's end of TLS, with a certificate of this authority's.
    pub fn acceptor(&self, certificate: &CertificateParams) -> TlsAcceptor {
        self.acceptor_of(certificate, Arc::new(NoClientAuth))
    }

    /// The same, that asks for a client certificate of this authority's.
    pub fn acceptor_that_asks(&self, certificate: &CertificateParams) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        self.acceptor_of(certificate, verifier.expect("a verifier"))
    }

    fn acceptor_of(&self, certificate: &CertificateParams, clients: Arc<dyn ClientCertVerifier>) -> TlsAcceptor {
        let (certificate, key) = self.issue(certificate);
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports them")
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate and its key");
        TlsAcceptor::from(Arc::new(config))
    }

    /// A certificate of this authority's, and the key to it.
    pub fn issue(&self, certificate: &CertificateParams) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        (certificate.signed_by(&key, &self.0).expect("a certificate"), key)
    }

    /// Its own certificate.
    pub fn certificate(&self) -> &Certificate {
        self.0.as_ref()
    }

    /// Its own certificate, in a file of a monitor's.
    pub fn write(&self, monitor: &Monitor) {
        fs::write(monitor.directory().join(CA_FILE), self.0.pem()).expect("room");
    }
}

/// Where a monitor of ours has the certificates to trust.
pub const CA_FILE: &str = "ca.pem";

pub fn trusting(file: &str) -> ConnectionOptions {
    ConnectionOptions { ca_file: Some(file.to_owned()), ..ConnectionOptions::default() }
}

/// A monitor whose secrets directory is its own.
pub async fn monitor(server: &Server) -> Monitor {
    let secrets_here = |config: &mut ManagerConfig, directory: &Path| {
        config.secrets_dir = Some(SecretsDir::new(directory).expect("a directory"));
    };
    Monitor::start_with(Tcp, &secure_base(server), secrets_here).await
}

pub fn certificate_for(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).expect("a name")
}

pub fn secure_base(server: &Server) -> String {
    format!("wss://localhost:{}/", server.address().port())
}

/// What comes of a server with this certificate, to somebody who trusts one authority.
async fn presented(certificate: &CertificateParams, signed_by: &Authority, trusted: &Authority) -> Outcome {
    let acceptor = signed_by.acceptor(certificate);
    let server = Server::start().await;
    let script = async |stream| {
        if let Ok(mut stream) = acceptor.accept(stream).await {
            upgrade(&mut stream).await;
            until_gone(&mut stream).await;
        }
    };
    let monitor = monitor(&server).await;
    trusted.write(&monitor);
    server.during(script, monitor.settled(trusting(CA_FILE))).await
}

#[tokio::test(start_paused = true)]
async fn trusted_certificate() {
    let authority = Authority::new("ours");
    let outcome = presented(&certificate_for("localhost"), &authority, &authority).await;
    assert_eq!(outcome.connection.status(), Status::Connected, "{outcome:?}");
    assert_eq!(outcome.events.first().expect("an event").kind, EventKind::Connected);
}

#[tokio::test(start_paused = true)]
async fn expired_certificate() {
    let authority = Authority::new("ours");
    let mut certificate = certificate_for("localhost");
    certificate.not_after = date_time_ymd(2001, 1, 1);
    let text = "TLS failed: the server's certificate expired on 01 Jan 2001. It has to be renewed on the server.";
    presented(&certificate, &authority, &authority).await.check(&Expected::blocked(Cause::TlsFailure, text));
}

#[tokio::test(start_paused = true)]
async fn wrong_name() {
    let authority = Authority::new("ours");
    let outcome = presented(&certificate_for("elsewhere.example"), &authority, &authority).await;
    let text = "TLS failed: the server's certificate is for elsewhere.example, not for localhost. Check the host";
    outcome.check(&Expected::blocked(Cause::TlsFailure, text));
}

#[tokio::test(start_paused = true)]
async fn unknown_authority() {
    let outcome = presented(&certificate_for("localhost"), &Authority::new("theirs"), &Authority::new("ours")).await;
    let text = "TLS failed: the server's certificate was issued by an authority that is not trusted (“theirs”). If";
    outcome.check(&Expected::blocked(Cause::TlsFailure, text));
}

#[tokio::test(start_paused = true)]
async fn tls_silent() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    let script = async |mut stream| until_gone(&mut stream).await;
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    let text = "The server accepted the connection but did not finish the TLS handshake within 10 s.";
    outcome.check(&Expected::waiting(Cause::HandshakeTimeout, text));
}

#[tokio::test(start_paused = true)]
async fn tls_cut() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    // The first bytes of the client's hello are read, so that the cut falls into the handshake.
    let script = async |mut stream: TcpStream| {
        let _ = stream.read_u8().await;
    };
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    let text = "The server hung up in the middle of the TLS handshake.";
    outcome.check(&Expected::waiting(Cause::ConnectionLost, text));
}

#[tokio::test(start_paused = true)]
async fn no_tls_there() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    let script = async |mut stream| {
        send(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
    outcome.check(&Expected::blocked(Cause::TlsFailure, "TLS failed: received corrupt message"));
}

#[tokio::test(start_paused = true)]
async fn certificates_that_cannot_be_used() {
    let rows = [
        ("gone.pem", "gone.pem cannot be used: there is no such file in the secrets directory. Check the connection's"),
        ("/dev/zero", "/dev/zero cannot be used: it is outside the secrets directory; move the file there"),
        ("../ca.pem", "../ca.pem cannot be used: it is outside the secrets directory"),
        ("empty.pem", "empty.pem cannot be used: it holds no certificate"),
        ("huge.pem", "huge.pem cannot be used: it is larger than 1 MiB"),
    ];
    for (file, text) in rows {
        let server = Server::start().await;
        let monitor = monitor(&server).await;
        fs::write(monitor.directory().join("empty.pem"), "").expect("room");
        fs::write(monitor.directory().join("huge.pem"), vec![b'x'; 1024 * 1024 + 1]).expect("room");
        let outcome = server.during(async |_| {}, monitor.settled(trusting(file))).await;
        outcome.check(&Expected::blocked(Cause::InvalidOptions, text));
    }
}

#[tokio::test(start_paused = true)]
async fn no_file_is_read_without_a_secrets_directory() {
    let server = Server::start().await;
    let monitor = Monitor::start(&secure_base(&server)).await;
    let outcome = server.during(async |_| {}, monitor.settled(trusting("/dev/zero"))).await;
    let text = "/dev/zero cannot be used: the monitor has no secrets directory; start it with --secrets-dir";
    outcome.check(&Expected::blocked(Cause::InvalidOptions, text));
}
