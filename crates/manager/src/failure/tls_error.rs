//! Errors of TLS, told as what they say about a server.

use std::io;

use tokio_rustls::rustls::{self, AlertDescription, CertificateError};
use wsmon_model::{Certificate, PeerText, Stage, TlsFault, TlsProblem};

use super::Failure;

impl Failure {
    /// Tells why a stream failed before the connection was open: for an error of TLS, or because the peer hung up.
    /// `refused` is the host's certificate, if that was the reason.
    pub(crate) fn from_handshake(error: &io::Error, stage: Stage, host: &str, refused: Option<Certificate>) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(error) => Self::from_tls(error, host, refused),
            None => Self::HungUp { stage, errno: error.raw_os_error() },
        }
    }

    fn from_tls(error: &rustls::Error, host: &str, refused: Option<Certificate>) -> Self {
        let (problem, alert, detail) = match error {
            rustls::Error::InvalidCertificate(error) => (Some(problem(error)), None, error.to_string()),
            rustls::Error::AlertReceived(alert) => (Some(TlsProblem::Alert), Some(name(*alert)), String::new()),
            other => (None, None, other.to_string()),
        };
        let fault = TlsFault {
            problem,
            host: PeerText::new(host),
            alert: alert.map(|name| PeerText::new(&name)),
            client: None,
            certificate: refused,
        };
        Self::Tls { fault: Box::new(fault), detail: PeerText::new(&detail) }
    }

    /// The same, of an attempt that had this client certificate to show.
    pub(crate) fn with_client(mut self, client: Option<&PeerText>) -> Self {
        if let Self::Tls { fault, .. } = &mut self {
            fault.client = client.cloned();
        }
        self
    }

    /// The host cannot be one of a certificate, for this reason.
    pub(crate) fn no_tls_host(host: &str, why: &str) -> Self {
        let fault = TlsFault { host: PeerText::new(host), ..TlsFault::default() };
        Self::Tls { fault: Box::new(fault), detail: PeerText::new(why) }
    }
}

fn problem(error: &CertificateError) -> TlsProblem {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsProblem::NotValidYet,
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsProblem::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsProblem::WrongName,
        CertificateError::Revoked => TlsProblem::Revoked,
        _ => TlsProblem::InvalidCertificate,
    }
}

/// An alert's name in RFC 8446 section 6; of one that is not known, its number.
fn name(alert: AlertDescription) -> String {
    let Some(words) = alert.as_str() else { return u8::from(alert).to_string() };
    // rustls writes `HandshakeFailure`, `UnknownCA`, `UnknownPSKIdentity`.
    let mut name = String::new();
    let mut before = None;
    let mut letters = words.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_word = before.is_some_and(char::is_lowercase) || letters.peek().is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && before.is_some() && begins_word {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    name.replace("recognised", "recognized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        let cases = [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::BadRecordMac, "bad_record_mac"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::UnknownPSKIdentity, "unknown_psk_identity"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::Unknown(200), "200"),
        ];
        for (alert, expected) in cases {
            assert_eq!(name(alert), expected);
        }
    }
}
