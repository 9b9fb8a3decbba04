//! What certificates say, and the one that a server was refused for, which rustls' error tells only parts of.

use std::{cell::RefCell, net::IpAddr, sync::Arc};

use tokio::task_local;
use tokio_rustls::rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use wsmon_model::{Certificate, PeerText};
use x509_cert::{
    Certificate as X509Certificate,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name,
    time::Time,
};

task_local! {
    /// What the verifier, which all connections share, refused in this attempt.
    static REFUSED: RefCell<Option<Certificate>>;
}

/// What comes of an attempt, and the certificate that it was refused for, if any.
pub(super) async fn with_refusal<T>(attempt: impl Future<Output = T>) -> (T, Option<Certificate>) {
    let noting = async {
        let outcome = attempt.await;
        (outcome, REFUSED.with(RefCell::take))
    };
    REFUSED.scope(RefCell::default(), noting).await
}

/// Verifies as rustls does by itself, and notes the certificate when it refuses one.
#[derive(Debug)]
pub(super) struct RefusalNoting(Arc<WebPkiServerVerifier>);

impl RefusalNoting {
    pub(super) fn new(verifier: Arc<WebPkiServerVerifier>) -> Self {
        Self(verifier)
    }
}

impl ServerCertVerifier for RefusalNoting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if verified.is_err() {
            // There is none to tell outside of `with_refusal`.
            let _ = REFUSED.try_with(|refused| refused.replace(read(end_entity)));
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// When the first of a chain's certificates ends, in Unix milliseconds: its own, or an intermediate one that has not ended
/// already, as that is not what made it trusted (RFC 4158 section 2.4.1). `None` if its own cannot be read.
pub(super) fn earliest_end_ms(chain: &[CertificateDer<'_>], now_ms: i64) -> Option<i64> {
    let end_ms = |certificate: &CertificateDer<'_>| {
        let certificate = X509Certificate::from_der(certificate).ok()?;
        Some(unix_ms(certificate.tbs_certificate().validity().not_after))
    };
    let (own, others) = chain.split_first()?;
    let others = others.iter().filter_map(end_ms).filter(|&end_ms| end_ms > now_ms);
    Some(others.fold(end_ms(own)?, i64::min))
}

/// Whose a certificate is: the common name, or the whole name where there is none.
pub(super) fn subject(certificate: &CertificateDer<'_>) -> Option<PeerText> {
    let certificate = X509Certificate::from_der(certificate).ok()?;
    let subject = certificate.tbs_certificate().subject();
    Some(common_name(subject).unwrap_or_else(|| PeerText::new(&subject.to_string())))
}

fn unix_ms(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX)
}

/// What is kept of a certificate; `None` if it cannot be read.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    let certificate = X509Certificate::from_der(certificate).ok()?;
    let certificate = certificate.tbs_certificate();
    let names = match certificate.get_extension::<SubjectAltName>() {
        Ok(Some((_, SubjectAltName(names)))) => names.iter().filter_map(shown).take(Certificate::NAMES).collect(),
        // Only old ones name the host there (RFC 9525 section 1.4).
        _ => Vec::from_iter(common_name(certificate.subject())),
    };
    let validity = certificate.validity();
    Some(Certificate {
        names,
        issuer: common_name(certificate.issuer()).unwrap_or_else(|| PeerText::new(&certificate.issuer().to_string())),
        not_before_ms: unix_ms(validity.not_before),
        not_after_ms: unix_ms(validity.not_after),
    })
}

fn common_name(name: &Name) -> Option<PeerText> {
    name.common_name().ok().flatten().map(|name| PeerText::new(&name.value()))
}

/// A name that hosts can be called by.
fn shown(name: &GeneralName) -> Option<PeerText> {
    match name {
        GeneralName::DnsName(name) => Some(PeerText::new(name.as_str())),
        GeneralName::IpAddress(address) => {
            let bytes = address.as_bytes();
            let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()?;
            Some(PeerText::new(&address.to_string()))
        }
        _ => None,
    }
}
