//! TLS: whom to trust.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

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

/// A configuration of TLS for each set of authorities, which all connections that trust them share: one each costs 12 KiB
/// more, and resumes no sessions.
pub struct Connectors {
    directory: Option<SecretsDir>,
    built_in: TlsConnector,
    /// By the path of a file, with what that held.
    of_files: Mutex<HashMap<String, (Vec<u8>, TlsConnector)>>,
}

impl Connectors {
    /// Files are only those of this directory.
    pub fn new(directory: Option<SecretsDir>) -> Self {
        // Mozilla's authorities, compiled in, so that every machine trusts the same.
        let built_in = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Self { directory, built_in: connector(built_in), of_files: Mutex::default() }
    }

    /// Trusts the built-in authorities.
    pub fn built_in(&self) -> TlsConnector {
        self.built_in.clone()
    }

    /// Trusts the certificates in a file, in PEM format. It is read anew for every attempt, so that one that was replaced
    /// counts at once.
    ///
    /// # Errors
    ///
    /// [`Failure::Options`], or [`Failure::LocalResources`], when the file cannot be read or holds something else.
    pub async fn of_file(&self, path: &str) -> Result<TlsConnector, Failure> {
        let pem = read(self.directory.as_ref(), path).await?;
        let mut of_files = self.of_files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = of_files.get(path).filter(|(before, _)| *before == pem) {
            return Ok(known.clone());
        }
        let connector = connector(roots(&pem, path)?);
        of_files.insert(path.to_owned(), (pem, connector.clone()));
        Ok(connector)
    }
}

async fn read(directory: Option<&SecretsDir>, path: &str) -> Result<Vec<u8>, Failure> {
    let pem = match directory.cloned() {
        None => Err(UnusableFile::NoDirectory),
        Some(directory) => {
            let path = path.to_owned();
            spawn_blocking(move || directory.read(Path::new(&path))).await.map_err(|_| Failure::Internal)?
        }
    };
    pem.map_err(|error| Failure::from_file(&error, path))
}

fn roots(pem: &[u8], path: &str) -> Result<RootCertStore, Failure> {
    let unusable = |why: &str| Failure::unusable_file(path, why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| unusable("it is not in PEM format"))?;
        roots.add(certificate).map_err(|_| unusable("a certificate in it cannot be read"))?;
    }
    if roots.is_empty() { Err(unusable("it holds no certificate")) } else { Ok(roots) }
}

fn connector(roots: RootCertStore) -> TlsConnector {
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
