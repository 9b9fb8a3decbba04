//! Sentences about TLS and certificates.

use std::time::{Duration, UNIX_EPOCH};

use wsmon_model::{Certificate, Evidence, PeerText, TlsFault, TlsProblem};

/// What to check where nothing more is known.
const CHECK: &str = "Check the server's certificate and the base URL's scheme and host.";

/// Names of a certificate that are told.
const NAMES_TOLD: usize = 3;

/// The last second that a date in HTTP can tell: the end of the year 9999.
const LAST_DATE_S: u64 = 253_402_300_799;

/// What is wrong with TLS, and what to do.
pub(super) fn tls_failed(evidence: &Evidence) -> String {
    let TlsFault { problem, host, alert, certificate } = evidence.tls.clone().unwrap_or_default();
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
        Some(TlsProblem::Alert) => {
            let alert = alert.unwrap_or_default();
            let check = alert_advice(alert.as_str());
            (format!("the server ended the handshake with the alert {alert}"), check)
        }
        None => (evidence.detail.as_ref().map_or_else(|| "no session".to_owned(), PeerText::to_string), CHECK),
    };
    format!("TLS failed: {fault}. {check}")
}

fn wrong_name(host: &PeerText, certificate: Option<&Certificate>) -> String {
    let Some(Certificate { names, .. }) = certificate.filter(|certificate| !certificate.names.is_empty()) else {
        return "the server's certificate is for another host name".to_owned();
    };
    let told: Vec<_> = names.iter().take(NAMES_TOLD).map(PeerText::as_str).collect();
    let more = if names.len() > NAMES_TOLD { " and others" } else { "" };
    let not_for = if host.is_empty() { String::new() } else { format!(", not for {host}") };
    format!("the server's certificate is for {}{more}{not_for}", told.join(", "))
}

/// What an alert asks for (RFC 8446 section 6.2, RFC 6066 section 3).
fn alert_advice(alert: &str) -> &'static str {
    match alert {
        "certificate_required" => "It asks for a client certificate.",
        "unrecognized_name" => "It does not know the host in the base URL.",
        "handshake_failure" | "protocol_version" | "insufficient_security" => {
            "Client and server have no version or cipher of TLS in common, or it asks for a client certificate."
        }
        _ => CHECK,
    }
}

/// A day, such as `01 Jan 2001`.
fn date(unix_ms: i64) -> String {
    let seconds = u64::try_from(unix_ms / 1_000).unwrap_or_default().min(LAST_DATE_S);
    // `Mon, 01 Jan 2001 00:00:00 GMT`
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))[5..16].to_owned()
}
