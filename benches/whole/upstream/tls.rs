//! An authority that only the benches' programs trust, and a certificate of it.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// The authority's certificate, in the secrets directory of programs that are to trust it.
pub const CA_FILE: &str = "ca.pem";
const CERTIFICATE: &str = "certificate.der";
const KEY: &str = "key.der";

/// A directory with certificates.
pub struct Certificates(TempDir);

impl Certificates {
    pub fn make() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address");
        let certificate = params.signed_by(&key, &authority).expect("a certificate");
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).expect("room");
        write(CA_FILE, authority.pem().as_bytes());
        write(CERTIFICATE, certificate.der());
        write(KEY, &key.serialize_der());
        Self(directory)
    }

    pub fn directory(&self) -> &str {
        self.0.path().to_str().expect("text")
    }
}

/// A server's end of TLS with the certificate in a directory.
pub fn acceptor(directory: &Path) -> TlsAcceptor {
    let read = |name: &str| fs::read(directory.join(name)).expect("a file");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(read(KEY)));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports them")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(read(CERTIFICATE))], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}
