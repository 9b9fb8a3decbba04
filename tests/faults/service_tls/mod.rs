//! The files of TLS that a service's configuration names: client certificates, shown, read anew and refused, and when
//! certificates end.

mod ends;
mod files;
mod refused;
mod renewed;

use std::{fs, path::Path, sync::Arc};

use rcgen::{CertificateParams, DnType};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::{CryptoProvider, ring},
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
        version::{TLS12, TLS13},
    },
};
use wsmon_manager::{ClientFiles, Service, Services, Tcp, TlsFiles};
use wsmon_model::{ConnectionOptions, Phase, ServiceName};

use super::{
    support::{Monitor, soon},
    tls::{Authority, certificate_for, secure_base},
    wire::Server,
};

pub const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// Where the configuration of a monitor of ours names its files.
pub const CA: &str = "service-ca.pem";
pub const CERT: &str = "client.pem";
pub const KEY: &str = "client.key";

/// A monitor whose service names these files, which may be there or not.
pub async fn monitor(server: &Server, has_client: bool) -> Monitor {
    let services = |directory: &Path| {
        let client = ClientFiles { cert: directory.join(CERT), key: directory.join(KEY) };
        let tls = TlsFiles { ca_file: Some(directory.join(CA)), client: has_client.then_some(client) };
        let base = secure_base(server).parse().expect("a base URL");
        Services::new([Service { tls, ..Service::new(ServiceName::default(), base) }]).expect("a service")
    };
    Monitor::start_for(Tcp, services, |_, _| {}).await
}

pub fn write(monitor: &Monitor, name: &str, content: impl AsRef<[u8]>) {
    fs::write(monitor.directory().join(name), content).expect("written");
}

/// A client certificate for somebody.
pub fn client_named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Puts a client certificate where the configuration names it; gives it as it is sent.
pub fn issue(monitor: &Monitor, authority: &Authority, params: &CertificateParams) -> Vec<u8> {
    let (certificate, key) = authority.issue(params);
    write(monitor, CERT, certificate.pem());
    write(monitor, KEY, key.serialize_pem());
    certificate.der().to_vec()
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A server's end of TLS with a certificate of an authority's, and the intermediate ones behind it.
pub fn acceptor(
    authority: &Authority,
    behind: &[&Authority],
    clients: Arc<dyn ClientCertVerifier>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsAcceptor {
    let (certificate, key) = authority.issue(&certificate_for("localhost"));
    let behind = behind.iter().map(|authority| authority.certificate().der().clone());
    let chain = [certificate.der().clone()].into_iter().chain(behind).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).expect("known");
    let config = config.with_client_cert_verifier(clients).with_single_cert(chain, key).expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

/// Takes the client certificates of an authority, and no others.
pub fn only_of(authority: &Authority) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().der().clone()).expect("an authority");
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().expect("a verifier")
}

/// Connects the feed again.
pub async fn connect_again(monitor: &Monitor) -> Phase {
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    soon("the attempt's end", handle.settled()).await.phase
}
