//! The certificate that a host has shown.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{
    certificate::{earliest_end_ms, read},
    clock::unix_ms,
};
use wsmon_model::{Certificate, TlsFault, TlsProblem};

/// The certificate that a service's host showed last, to whichever endpoint. All share the host, and a connection that has
/// been open for long was shown one that may have been replaced since.
#[derive(Debug, Default)]
pub(super) struct HostCertificate(Mutex<Option<Shown>>);

/// A certificate that a host showed.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// As it came, by which it is known again without being read.
    chain: Vec<CertificateDer<'static>>,
    pub(super) certificate: Certificate,
    /// When it ends, or an intermediate one that came with it, in Unix milliseconds.
    pub(super) ends_ms: i64,
    /// When it was shown last, in Unix milliseconds.
    pub(super) at_ms: i64,
}

impl HostCertificate {
    /// The host has shown a chain of certificates that is trusted.
    pub(super) fn shown(&self, chain: &[CertificateDer<'_>], now: SystemTime) {
        let at_ms = unix_ms(now);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_mut().filter(|known| known.chain == chain) {
            known.at_ms = at_ms;
            return;
        }
        let certificate = chain.first().and_then(read);
        if let (Some(certificate), Some(ends_ms)) = (certificate, earliest_end_ms(chain, at_ms)) {
            let chain = chain.iter().map(|certificate| certificate.clone().into_owned()).collect();
            *last = Some(Shown { chain, certificate, ends_ms, at_ms });
        }
    }

    /// The host was refused. Only of a certificate that has expired is it known that it is the host's.
    pub(super) fn refused(&self, fault: &TlsFault, now: SystemTime) {
        if let (Some(TlsProblem::Expired), Some(certificate)) = (fault.problem, fault.certificate.clone()) {
            let (chain, ends_ms) = (Vec::new(), certificate.not_after_ms);
            let shown = Shown { chain, certificate, ends_ms, at_ms: unix_ms(now) };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        }
    }

    pub(super) fn last(&self) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_refused_for_another_reason_than_its_time_has_shown_nothing() {
        let host = HostCertificate::default();
        let certificate = Some(Certificate { not_after_ms: 7, ..Certificate::default() });
        let fault =
            |problem| TlsFault { problem: Some(problem), certificate: certificate.clone(), ..TlsFault::default() };
        host.refused(&fault(TlsProblem::UnknownIssuer), SystemTime::UNIX_EPOCH);
        assert!(host.last().is_none());
        host.refused(&fault(TlsProblem::Expired), SystemTime::UNIX_EPOCH);
        assert_eq!(host.last().map(|shown| shown.ends_ms), Some(7));
        host.shown(&[], SystemTime::UNIX_EPOCH);
        assert_eq!(host.last().map(|shown| shown.ends_ms), Some(7));
    }
}
