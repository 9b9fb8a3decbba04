//! A client certificate: what is shown to a server that asks who we are.

use std::{fmt, sync::Arc, time::SystemTime};

use tokio_rustls::rustls::{
    self,
    client::ResolvesClientCert,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};
use wsmon_model::{Certificate, CertificateFault, CertificateFile, CertificateProblem, PeerText};

use super::files::{ClientFiles, NamedFile};
use crate::{
    certificate::{earliest_end_ms, read, subject},
    clock::unix_ms,
    failure::Failure,
};

/// A client certificate and its key. It is never printed.
pub(crate) struct ClientCertificate {
    resolver: Arc<SingleCertAndKey>,
    path: PeerText,
    /// Whose it is.
    pub(crate) subject: PeerText,
    /// What it says, with the subject in front of its names.
    pub(crate) certificate: Certificate,
    /// When it ends, or the first of its intermediate ones, in Unix milliseconds.
    pub(crate) ends_ms: i64,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// Reads what the files hold, in PEM format.
    pub(super) fn read(files: &ClientFiles, cert: &[u8], key: &[u8]) -> Result<Self, Failure> {
        let of_cert =
            |problem| NamedFile::Configured(CertificateFile::ClientCert, files.cert.clone()).unusable(problem);
        let of_key = |problem| NamedFile::Configured(CertificateFile::ClientKey, files.key.clone()).unusable(problem);
        let chain = CertificateDer::pem_slice_iter(cert).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| of_cert(CertificateProblem::NotPem))?;
        let Some(first) = chain.first() else { return Err(of_cert(CertificateProblem::NoCertificate)) };
        let mut certificate = read(first).ok_or_else(|| of_cert(CertificateProblem::InvalidCertificate))?;
        let subject = subject(first).unwrap_or_default();
        if !subject.is_empty() && !certificate.names.contains(&subject) {
            certificate.names.insert(0, subject.clone());
        }
        let ends_ms = earliest_end_ms(&chain, certificate.not_before_ms).unwrap_or(certificate.not_after_ms);
        let key = private_key(key).map_err(of_key)?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let certified = certified.map_err(|why| match why {
            rustls::Error::InconsistentKeys(_) => of_key(CertificateProblem::OtherKey),
            rustls::Error::InvalidCertificate(_) => of_cert(CertificateProblem::InvalidCertificate),
            _ => of_key(CertificateProblem::UnknownKey),
        })?;
        let path = PeerText::new(&files.cert.to_string_lossy());
        Ok(Self { resolver: Arc::new(certified.into()), path, subject, certificate, ends_ms })
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::clone(&self.resolver) as _
    }

    /// Whether a server could take it at this time: what is known before it is asked.
    pub(crate) fn check(&self, now: SystemTime) -> Result<(), Failure> {
        let now_ms = unix_ms(now);
        let problem = if self.certificate.not_after_ms < now_ms {
            CertificateProblem::Expired
        } else if now_ms < self.certificate.not_before_ms {
            CertificateProblem::NotValidYet
        } else {
            return Ok(());
        };
        let fault = CertificateFault {
            file: Some(CertificateFile::ClientCert),
            path: self.path.clone(),
            problem: Some(problem),
            certificate: Some(self.certificate.clone()),
        };
        Err(Failure::Certificate { fault: Box::new(fault), detail: PeerText::default() })
    }
}

fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, CertificateProblem> {
    // `BEGIN ENCRYPTED PRIVATE KEY` (RFC 7468 section 11), or the older `Proc-Type: 4,ENCRYPTED` (RFC 1421 section 4.6.1.1).
    if text.windows(9).any(|word| word == b"ENCRYPTED") {
        return Err(CertificateProblem::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|why| match why {
        pem::Error::NoItemsFound => CertificateProblem::NoKey,
        _ => CertificateProblem::NotPem,
    })
}
