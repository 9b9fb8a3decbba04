//! Files of certificates and keys that are named somewhere.

use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use wsmon_model::{CertificateFile, CertificateProblem};

use crate::{
    failure::Failure,
    regular_file::{RegularFile, UnusableFile},
    secrets_dir::SecretsDir,
};

/// The files that a service's configuration names for TLS, in PEM format. Each is read anew when it has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates to trust, in place of the built-in authorities.
    pub ca_file: Option<PathBuf>,
    /// What to show a server that asks for a client certificate.
    pub client: Option<ClientFiles>,
}

/// The files of a client certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientFiles {
    /// The certificate, followed by the intermediate ones that it needs.
    pub cert: PathBuf,
    /// Its private key, without a passphrase.
    pub key: PathBuf,
}

/// A file that is named somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum NamedFile {
    /// By options, below the secrets directory.
    InSecrets(String),
    /// By the configuration of a service.
    Configured(CertificateFile, PathBuf),
}

impl NamedFile {
    pub(super) fn open(&self, secrets: Option<&SecretsDir>) -> Result<RegularFile, Failure> {
        let opened = match self {
            Self::InSecrets(path) => {
                secrets.ok_or(UnusableFile::NoDirectory).and_then(|secrets| secrets.open(Path::new(path)))
            }
            Self::Configured(_, path) => RegularFile::open(path, OFlags::empty()),
        };
        opened.map_err(|why| self.unreadable(&why))
    }

    pub(super) fn unreadable(&self, why: &UnusableFile) -> Failure {
        match self {
            Self::InSecrets(path) => Failure::from_file(why, path),
            Self::Configured(file, path) => Failure::from_configured_file(why, *file, path),
        }
    }

    /// The failure of an attempt that needs what it holds.
    pub(super) fn unusable(&self, problem: CertificateProblem) -> Failure {
        match self {
            Self::Configured(file, path) => Failure::unusable_certificate(*file, path, problem, ""),
            Self::InSecrets(path) => Failure::unusable_file(
                path,
                match problem {
                    CertificateProblem::NotPem => "it is not in PEM format",
                    CertificateProblem::NoCertificate => "it holds no certificate",
                    _ => "a certificate in it cannot be read",
                },
            ),
        }
    }
}
