//! TLS: whom to trust, and what to show a server that asks who we are.

mod client;
mod files;
mod from_files;

use std::{
    collections::HashMap,
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
use wsmon_model::{CertificateFile, CertificateProblem};

pub(super) use self::client::ClientCertificate;
pub use self::files::{ClientFiles, TlsFiles};
use self::{files::NamedFile, from_files::FromFiles};
use super::{certificate::RefusalNoting, failure::Failure, secrets_dir::SecretsDir};

/// How an attempt agrees on TLS.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) connector: TlsConnector,
    /// What it shows a server that asks.
    pub(super) client: Option<Arc<ClientCertificate>>,
}

/// A configuration of TLS for each set of authorities and each client certificate, which all connections that have them in
/// common share: one each costs 12 KiB more, and resumes no sessions. One whose files have changed is made anew; sessions
/// that are open keep the one they were opened with.
#[derive(Clone)]
pub struct Connectors(Arc<Shared>);

/// The files that a configuration is made of; `None` for the built-in authorities, and for no client certificate.
type Files = (Option<NamedFile>, Option<ClientFiles>);

/// What was made of files, and of which authorities.
type Made = (Arc<RootCertStore>, Tls);

struct Shared {
    secrets: Option<SecretsDir>,
    built_in: Tls,
    built_in_roots: Arc<RootCertStore>,
    roots: FromFiles<1, RootCertStore>,
    clients: FromFiles<2, ClientCertificate>,
    /// By the files that they are made of, with what those held.
    connectors: Mutex<HashMap<Files, Made>>,
}

impl Connectors {
    /// Files that options name are only those of this directory.
    pub fn new(secrets: Option<SecretsDir>) -> Self {
        // Mozilla's authorities, compiled in, so that every machine trusts the same.
        let built_in_roots = Arc::new(RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()));
        Self(Arc::new(Shared {
            secrets,
            built_in: Tls { connector: connector(&built_in_roots, None), client: None },
            built_in_roots,
            roots: FromFiles::default(),
            clients: FromFiles::default(),
            connectors: Mutex::default(),
        }))
    }

    /// How to agree on TLS with a service's host. A file of authorities that the options name comes before the service's.
    pub(super) async fn of(&self, named: Option<&str>, service: &TlsFiles) -> Result<Tls, Failure> {
        let authorities = match (named, &service.ca_file) {
            (Some(path), _) => Some(NamedFile::InSecrets(path.to_owned())),
            (None, Some(path)) => Some(NamedFile::Configured(CertificateFile::CaFile, path.clone())),
            (None, None) if service.client.is_none() => return Ok(self.0.built_in.clone()),
            (None, None) => None,
        };
        let (shared, client) = (Arc::clone(&self.0), service.client.clone());
        spawn_blocking(move || shared.load(authorities, client)).await.map_err(|_| Failure::Internal)?
    }

    /// What encrypts the way to another host that belongs to a service, such as its token service: the same as to its own. Whether
    /// its client certificate has expired, that host will say, if it asks for it.
    ///
    /// # Errors
    ///
    /// [`Failure::Options`], [`Failure::Certificate`] or [`Failure::LocalResources`], when a file cannot be read or holds
    /// something else.
    pub async fn connector(&self, named: Option<&str>, service: &TlsFiles) -> Result<TlsConnector, Failure> {
        self.of(named, service).await.map(|tls| tls.connector)
    }

    /// Whether a file of authorities that options name can be used.
    pub(super) async fn check(&self, named: &str) -> Result<(), Failure> {
        let (shared, file) = (Arc::clone(&self.0), NamedFile::InSecrets(named.to_owned()));
        spawn_blocking(move || shared.roots(file).map(drop)).await.map_err(|_| Failure::Internal)?
    }

    /// A client certificate as its files have it now. Blocks the thread.
    pub(super) fn client(&self, files: &ClientFiles) -> Result<Arc<ClientCertificate>, Failure> {
        self.0.client(files)
    }
}

impl Shared {
    fn load(&self, authorities: Option<NamedFile>, client: Option<ClientFiles>) -> Result<Tls, Failure> {
        let roots = match &authorities {
            Some(file) => self.roots(file.clone())?,
            None => Arc::clone(&self.built_in_roots),
        };
        let certificate = client.as_ref().map(|files| self.client(files)).transpose()?;
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (authorities, client);
        if let Some((of_roots, tls)) = connectors.get(&key)
            && Arc::ptr_eq(of_roots, &roots)
            && tls.client.as_ref().map(Arc::as_ptr) == certificate.as_ref().map(Arc::as_ptr)
        {
            return Ok(tls.clone());
        }
        let tls = Tls { connector: connector(&roots, certificate.as_deref()), client: certificate };
        connectors.insert(key, (roots, tls.clone()));
        Ok(tls)
    }

    fn roots(&self, file: NamedFile) -> Result<Arc<RootCertStore>, Failure> {
        let named = file.clone();
        self.roots.get([file], self.secrets.as_ref(), |[pem]| roots(&named, pem))
    }

    fn client(&self, files: &ClientFiles) -> Result<Arc<ClientCertificate>, Failure> {
        let cert = NamedFile::Configured(CertificateFile::ClientCert, files.cert.clone());
        let key = NamedFile::Configured(CertificateFile::ClientKey, files.key.clone());
        self.clients.get([cert, key], None, |[cert, key]| ClientCertificate::read(files, cert, key))
    }
}

fn roots(file: &NamedFile, pem: &[u8]) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| file.unusable(CertificateProblem::NotPem))?;
        roots.add(certificate).map_err(|_| file.unusable(CertificateProblem::InvalidCertificate))?;
    }
    if roots.is_empty() { Err(file.unusable(CertificateProblem::NoCertificate)) } else { Ok(roots) }
}

fn connector(roots: &Arc<RootCertStore>, client: Option<&ClientCertificate>) -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider));
    let verifier = RefusalNoting::new(verifier.build().expect("there are roots"));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports rustls' default protocol versions")
        // It verifies as rustls does by itself.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match client {
        Some(client) => config.with_client_cert_resolver(client.resolver()),
        None => config.with_no_client_auth(),
    };
    TlsConnector::from(Arc::new(config))
}
