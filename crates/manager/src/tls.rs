//! TLS: whom to trust.

use std::{path::Path, sync::Arc};

use tokio::task::spawn_blocking;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        client::WebPkiServerVerifier,
        crypto::ring,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

use super::{
    certificate::RefusalNoting,
    failure::Failure,
    secrets_dir::{SecretsDir, UnusableFile},
};

/// Mozilla's authorities, compiled in, so that every machine trusts the same.
pub(super) fn built_in_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

/// The certificates in a file of the secrets directory, in PEM format. Read anew for every attempt, so that
/// a file that was replaced counts at once.
pub(super) async fn roots_in(directory: Option<&SecretsDir>, path: &str) -> Result<RootCertStore, Failure> {
    let unusable = |why: &str| Failure::unusable_file(path, why);
    let pem = match directory.cloned() {
        None => Err(UnusableFile::NoDirectory),
        Some(directory) => {
            let path = path.to_owned();
            spawn_blocking(move || directory.read(Path::new(&path))).await.map_err(|_| Failure::Internal)?
        }
    };
    let pem = pem.map_err(|error| Failure::from_file(&error, path))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| unusable("it is not in PEM format"))?;
        roots.add(certificate).map_err(|_| unusable("a certificate in it cannot be read"))?;
    }
    if roots.is_empty() { Err(unusable("it holds no certificate")) } else { Ok(roots) }
}

/// One for all connections that trust the same: a fresh one each costs 27 KiB more.
pub(super) fn connector(roots: RootCertStore) -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = RefusalNoting::new(verifier.build().expect("there are roots"));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports rustls' default protocol versions")
        // It verifies as rustls does by itself.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}
