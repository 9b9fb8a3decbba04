//! Sentences about TLS and certificates.

use wsmon_model::{Certificate, Evidence, PeerText, TlsFault, TlsProblem};

use super::{certificates::names_told, time::date};

/// What to check where nothing more is known.
const CHECK: &str = "Check the server's certificate and the base URL's scheme and host.";

/// What is wrong with TLS, and what to do.
pub(super) fn tls_failed(evidence: &Evidence) -> String {
    let TlsFault { problem, host, alert, client, certificate } = evidence.tls.clone().unwrap_or_default();
    let certificate = certificate.as_ref();
    let (fault, check) = match problem {
        Some(TlsProblem::Expired) => {
            let until = certificate.map(|certificate| format!(" on {}", date(certificate.not_after_ms)));
            let fault = format!("the server's certificate expired{}", until.unwrap_or_default());
            (fault, "It has to be renewed on the server.")
        }
        Some(TlsProblem::NotValidYet) => {
            let from = certificate.map(|certificate| format!(" before {}", date(certificate.not_before_ms)));
            let fault = format!("the server's certificate is not valid{}", from.unwrap_or_else(|| " yet".to_owned()));
            (fault, "Check the certificate, and the clock of the monitor's machine.")
        }
        Some(TlsProblem::UnknownIssuer) => {
            let issuer = certificate.map(|certificate| &certificate.issuer).filter(|issuer| !issuer.is_empty());
            let issuer = issuer.map(|issuer| format!(" (“{issuer}”)")).unwrap_or_default();
            let fault = format!("the server's certificate was issued by an authority that is not trusted{issuer}");
            (fault, "If it is the right one, name its file in the connection's options.")
        }
        Some(TlsProblem::WrongName) => {
            (wrong_name(&host, certificate), "Check the host in the base URL, and the server's certificate.")
        }
        Some(TlsProblem::Revoked) => {
            ("the server's certificate was revoked".to_owned(), "It has to be replaced on the server.")
        }
        Some(TlsProblem::InvalidCertificate) => {
            let why = evidence.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            (format!("the server's certificate is invalid{why}"), CHECK)
        }
        Some(TlsProblem::Alert) => ended_by(&alert.unwrap_or_default(), client.as_ref()),
        None => (evidence.detail.as_ref().map_or_else(|| "no session".to_owned(), PeerText::to_string), CHECK),
    };
    format!("TLS failed: {fault}. {check}")
}

fn wrong_name(host: &PeerText, certificate: Option<&Certificate>) -> String {
    let Some(certificate) = certificate.filter(|certificate| !certificate.names.is_empty()) else {
        return "the server's certificate is for another host name".to_owned();
    };
    let not_for = if host.is_empty() { String::new() } else { format!(", not for {host}") };
    format!("the server's certificate is for {}{not_for}", names_told(certificate))
}

/// What an alert says, of an attempt that could show the client certificate of `client`.
fn ended_by(alert: &PeerText, client: Option<&PeerText>) -> (String, &'static str) {
    if let Some(client) = client
        && let Some((why, check)) = client_refused(alert.as_str())
    {
        return (format!("the server refused the monitor's client certificate “{client}”: {why} ({alert})"), check);
    }
    let check = alert_advice(alert.as_str(), client.is_some());
    (format!("the server ended the handshake with the alert {alert}"), check)
}

/// Why a client certificate was refused, and what to do (RFC 8446 section 6.2).
fn client_refused(alert: &str) -> Option<(&'static str, &'static str)> {
    Some(match alert {
        "unknown_ca" => (
            "it does not know or trust the authority that issued it",
            "Use one of an authority that the service trusts, and put the intermediate certificates behind it in \
             client-cert.",
        ),
        "certificate_expired" => {
            ("by its clock it has expired, or is not valid yet", "Renew it, or compare the clocks of both machines.")
        }
        "certificate_revoked" => ("it was revoked", "Have another one issued."),
        "bad_certificate" => ("it could not be checked", "Compare what client-cert holds with what was issued."),
        "unsupported_certificate" => {
            ("it is not of a kind for clients", "Have one issued whose extended key usage is client authentication.")
        }
        "certificate_unknown" => ("it does not say why", "Look in the server's log."),
        "decrypt_error" => (
            "a signature on it, or one made with its key, is not right",
            "Compare what client-cert and client-key hold with what was issued.",
        ),
        "access_denied" => {
            ("it is valid, but its owner may not connect", "Have the service admit the certificate's name.")
        }
        _ => return None,
    })
}

/// What an alert asks for (RFC 8446 section 6.2, RFC 6066 section 3).
fn alert_advice(alert: &str, has_client: bool) -> &'static str {
    match alert {
        "certificate_required" if has_client => {
            "It asks for a client certificate, and the monitor's is of no kind that it knows."
        }
        "certificate_required" => {
            "It asks for a client certificate. Name one in the service's configuration: client-cert and client-key."
        }
        "unrecognized_name" => "It does not know the host in the base URL.",
        "handshake_failure" | "protocol_version" | "insufficient_security" if has_client => {
            "Client and server have no version or cipher of TLS in common, or it does not take the client certificate."
        }
        "handshake_failure" | "protocol_version" | "insufficient_security" => {
            "Client and server have no version or cipher of TLS in common, or it asks for a client certificate."
        }
        _ => CHECK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::describe;
    use wsmon_model::Cause;

    #[test]
    fn a_refused_client_certificate_is_told_from_the_servers_own() {
        let told = |alert: &str, client: Option<&str>| {
            let (alert, client) = (Some(PeerText::new(alert)), client.map(PeerText::new));
            let fault = TlsFault { problem: Some(TlsProblem::Alert), alert, client, ..TlsFault::default() };
            describe(&Evidence { cause: Some(Cause::TlsFailure), tls: Some(fault), ..Evidence::default() })
        };
        for alert in [
            "unknown_ca",
            "certificate_expired",
            "certificate_revoked",
            "bad_certificate",
            "unsupported_certificate",
            "certificate_unknown",
            "decrypt_error",
            "access_denied",
        ] {
            let sentence = told(alert, Some("monitor"));
            let ours = "TLS failed: the server refused the monitor's client certificate “monitor”: ";
            assert!(sentence.starts_with(ours) && sentence.contains(&format!(" ({alert}). ")), "{sentence}");
            let without = told(alert, None);
            assert!(without.contains(&format!("ended the handshake with the alert {alert}. Check the")), "{without}");
        }
        assert!(told("certificate_required", None).ends_with("client-cert and client-key."));
        assert!(told("certificate_required", Some("monitor")).ends_with("the monitor's is of no kind that it knows."));
        assert!(told("handshake_failure", Some("monitor")).ends_with("or it does not take the client certificate."));
    }
}
