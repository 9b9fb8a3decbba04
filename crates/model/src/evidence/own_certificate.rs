//! What is wrong with certificates and keys of the monitor's own, which a service's configuration names.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{known::known, peer::Certificate};
use crate::PeerText;

/// A file that a service's configuration names. Its word is the key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CertificateFile {
    /// The certificates to trust.
    CaFile,
    /// The client certificate, and the intermediate ones that it needs.
    ClientCert,
    /// Its private key.
    ClientKey,
}

impl CertificateFile {
    /// The key of the configuration.
    pub fn key(self) -> &'static str {
        self.into()
    }
}

/// Why such a file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateProblem {
    /// It cannot be read; the operating system's words say why.
    Unreadable,
    /// It is not in PEM format.
    NotPem,
    /// It holds no certificate.
    NoCertificate,
    /// A certificate in it cannot be read.
    InvalidCertificate,
    /// It holds no private key.
    NoKey,
    /// Its key is encrypted.
    EncryptedKey,
    /// Its key is of a kind that is not known.
    UnknownKey,
    /// Its key belongs to another certificate.
    OtherKey,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotValidYet,
}

/// A certificate or key of the monitor's own that cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateFault {
    /// Which file of the configuration it is.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub file: Option<CertificateFile>,
    /// Where that is.
    #[serde(skip_serializing_if = "PeerText::is_empty")]
    pub path: PeerText,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub problem: Option<CertificateProblem>,
    /// The certificate, where it is its time that is wrong.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub certificate: Option<Certificate>,
}
