//! Sentences about certificates and keys of the monitor's own.

use wsmon_model::{CertificateFault, CertificateFile, CertificateProblem, Evidence, PeerText};

use super::time::date;

/// What is wrong with a file, and what to do.
pub(super) fn unusable_certificate(evidence: &Evidence) -> String {
    let Some(fault) = &evidence.own_certificate else {
        return "A certificate or key that the service's configuration names cannot be used.".to_owned();
    };
    if let Some(sentence) = out_of_time(fault) {
        return sentence;
    }
    let cannot = match fault.problem {
        Some(CertificateProblem::Unreadable) => "cannot be read",
        _ => "cannot be used",
    };
    let (why, advice) = wrong(fault.problem);
    let why = if why.is_empty() { evidence.detail.as_ref().map_or("", PeerText::as_str) } else { why };
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{} {cannot}{why}. {advice}", file(fault))
}

/// The file by what it is for, and its key in the configuration.
fn file(fault: &CertificateFault) -> String {
    let (what, key) = match fault.file {
        Some(file @ CertificateFile::CaFile) => ("The service's file of certificates to trust", file.key()),
        Some(file @ CertificateFile::ClientCert) => ("The service's client certificate", file.key()),
        Some(file @ CertificateFile::ClientKey) => ("The key of the service's client certificate", file.key()),
        None => return format!("The file {}", fault.path),
    };
    format!("{what} ({key}, {})", fault.path)
}

fn out_of_time(fault: &CertificateFault) -> Option<String> {
    let certificate = fault.certificate.as_ref();
    let name = certificate.and_then(|certificate| certificate.names.first());
    let name = name.map(|name| format!(" “{name}”")).unwrap_or_default();
    match fault.problem? {
        CertificateProblem::Expired => {
            let on = certificate.map(|certificate| format!(" on {}", date(certificate.not_after_ms)));
            let on = on.unwrap_or_default();
            Some(format!(
                "The monitor's client certificate{name} expired{on}, so no attempt is made with it. Put a new one into \
                 {}; the next attempt reads it.",
                fault.path
            ))
        }
        CertificateProblem::NotValidYet => {
            let from = certificate.map(|certificate| format!(" before {}", date(certificate.not_before_ms)));
            let from = from.unwrap_or_else(|| " yet".to_owned());
            Some(format!(
                "The monitor's client certificate{name} is not valid{from}, so no attempt is made with it. Check the \
                 clock of the monitor's machine, and {}.",
                fault.path
            ))
        }
        _ => None,
    }
}

/// What is wrong with a file's content, and what to do about it.
fn wrong(problem: Option<CertificateProblem>) -> (&'static str, &'static str) {
    match problem {
        Some(CertificateProblem::NotPem) => {
            ("it is not in PEM format", "Convert it, such as with openssl x509 or openssl pkey.")
        }
        Some(CertificateProblem::NoCertificate) => {
            ("it holds no certificate", "It needs a line that says BEGIN CERTIFICATE.")
        }
        Some(CertificateProblem::InvalidCertificate) => ("a certificate in it cannot be read", "Put it there again."),
        Some(CertificateProblem::NoKey) => {
            ("it holds no private key", "It needs a line that says BEGIN PRIVATE KEY, or one of RSA or EC.")
        }
        Some(CertificateProblem::EncryptedKey) => (
            "it is encrypted, and nobody is there to type the passphrase",
            "Keep it without one (openssl pkey -in OLD -out NEW) in a file that the monitor alone may read.",
        ),
        Some(CertificateProblem::UnknownKey) => {
            ("it is of a kind that is not supported", "RSA, P-256, P-384 and Ed25519 are.")
        }
        Some(CertificateProblem::OtherKey) => (
            "it does not belong to the first certificate in client-cert",
            "While both are being replaced this passes by itself; else put the key there with which the certificate was \
             asked for.",
        ),
        _ => ("", "Check it and the service's configuration; the next attempt reads it again."),
    }
}

#[cfg(test)]
mod tests {
    use wsmon_model::{Cause, Certificate};

    use super::*;
    use crate::describe::describe;

    fn sentence(fault: CertificateFault) -> String {
        let detail = Some(PeerText::new("there is no such file"));
        let cause = Some(Cause::UnusableCertificate);
        describe(&Evidence { cause, own_certificate: Some(fault), detail, ..Evidence::default() })
    }

    #[test]
    fn each_problem_has_its_sentence() {
        let certificate = Certificate {
            names: vec![PeerText::new("monitor")],
            not_before_ms: 978_307_200_000,
            not_after_ms: 978_307_200_000,
            ..Certificate::default()
        };
        let of = |file, problem| CertificateFault {
            file: Some(file),
            path: PeerText::new("/etc/x.pem"),
            problem: Some(problem),
            certificate: Some(certificate.clone()),
        };
        let cases = [
            (
                of(CertificateFile::CaFile, CertificateProblem::Unreadable),
                "The service's file of certificates to trust (ca-file, /etc/x.pem) cannot be read: there is no such file. \
                 Check it and the service's configuration; the next attempt reads it again.",
            ),
            (
                of(CertificateFile::ClientKey, CertificateProblem::NoKey),
                "The key of the service's client certificate (client-key, /etc/x.pem) cannot be used: it holds no private \
                 key. It needs a line that says BEGIN PRIVATE KEY, or one of RSA or EC.",
            ),
            (
                of(CertificateFile::ClientCert, CertificateProblem::Expired),
                "The monitor's client certificate “monitor” expired on 01 Jan 2001, so no attempt is made with it. Put a \
                 new one into /etc/x.pem; the next attempt reads it.",
            ),
            (
                of(CertificateFile::ClientCert, CertificateProblem::NotValidYet),
                "The monitor's client certificate “monitor” is not valid before 01 Jan 2001, so no attempt is made with it. \
                 Check the clock of the monitor's machine, and /etc/x.pem.",
            ),
        ];
        for (fault, expected) in cases {
            assert_eq!(sentence(fault), expected);
        }
    }
}
