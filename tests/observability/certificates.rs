//! A monitor of a service whose certificates are about to expire, the client's included.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
};
use tokio_tungstenite::accept_async;

use crate::monitor::{Monitor, PATH, TOKEN};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A service over TLS that asks for client certificates, and a monitor that has one.
pub struct Secure {
    pub monitor: Monitor,
    authority: CertifiedIssuer<'static, KeyPair>,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    directory: TempDir,
}

impl Secure {
    /// The service's certificate has five days left and the client's twelve hours.
    pub fn start() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "ours");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name| directory.path().join(name);
        fs::write(path("ca.pem"), authority.pem()).expect("written");
        write_client(&authority, directory.path(), DAY / 2);
        let acceptor = Arc::new(Mutex::new(acceptor(&authority, 5 * DAY)));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("it can be");
        tokio::spawn(serve(TcpListener::from_std(listener).expect("a listener"), Arc::clone(&acceptor)));
        let config = path("monitor.toml");
        fs::write(&config, configuration(port, &path)).expect("written");
        let mut command = Command::new(PATH);
        command.arg("--config").arg(config).env("WSMON_METRICS_TOKEN", TOKEN);
        let monitor = Monitor::start_as(&mut command, "ws://127.0.0.1:9/", &path("data"));
        Self { monitor, authority, acceptor, directory }
    }

    /// Replaces both certificates by ones that last.
    pub fn renew(&self) {
        *self.acceptor.lock().unwrap_or_else(PoisonError::into_inner) = acceptor(&self.authority, 90 * DAY);
        write_client(&self.authority, self.directory.path(), 90 * DAY);
    }
}

fn configuration(port: u16, path: &impl Fn(&'static str) -> PathBuf) -> String {
    let key = |key: &str, name| format!("{key} = '{}'\n", path(name).display());
    format!(
        "[service.secure]\nbase-url = 'wss://localhost:{port}/'\n{}{}{}",
        key("ca-file", "ca.pem"),
        key("client-cert", "client.pem"),
        key("client-key", "client.key")
    )
}

/// A certificate for `localhost` that ends so soon, and its key.
fn issue(authority: &CertifiedIssuer<'static, KeyPair>, left: Duration) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.not_after = (SystemTime::now() + left).into();
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, authority).expect("a certificate"), key)
}

fn write_client(authority: &CertifiedIssuer<'static, KeyPair>, directory: &Path, left: Duration) {
    let (certificate, key) = issue(authority, left);
    fs::write(directory.join("client.pem"), certificate.pem()).expect("written");
    fs::write(directory.join("client.key"), key.serialize_pem()).expect("written");
}

fn acceptor(authority: &CertifiedIssuer<'static, KeyPair>, left: Duration) -> TlsAcceptor {
    let (certificate, key) = issue(authority, left);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports them")
        .with_client_cert_verifier(clients.expect("a verifier"))
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(listener: TcpListener, acceptor: Arc<Mutex<TlsAcceptor>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A client that breaks off is none.
        tokio::spawn(async move { drop(hold(stream, acceptor).await) });
    }
}

async fn hold(stream: TcpStream, acceptor: TlsAcceptor) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use futures_util::StreamExt;
    let mut socket = accept_async(acceptor.accept(stream).await?).await?;
    while socket.next().await.transpose()?.is_some() {}
    Ok(())
}
