//! Sentences about certificates that are in use, and when they end.

use wsmon_model::{Certificate, PeerText};

use super::time::{date, days};

/// Names of a certificate that are told.
const NAMES_TOLD: usize = 3;

/// From how long on it is told that a certificate was last seen a while ago, in milliseconds.
const SEEN_LATELY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The names of a certificate, the first few.
pub(super) fn names_told(certificate: &Certificate) -> String {
    let names = &certificate.names;
    let told: Vec<_> = names.iter().take(NAMES_TOLD).map(PeerText::as_str).collect();
    let more = if names.len() > NAMES_TOLD { " and others" } else { "" };
    format!("{}{more}", told.join(", "))
}

/// When the certificate of a service's host ends, with the intermediate ones that came with it. It was seen at `seen_ms`.
pub(crate) fn server_certificate(certificate: &Certificate, ends_ms: i64, seen_ms: i64, now_ms: i64) -> String {
    let mut sentence = format!("The server's certificate{} {}", whose(certificate, "for"), ends(ends_ms, now_ms));
    if now_ms - seen_ms >= SEEN_LATELY_MS {
        sentence.push_str(&format!(". It was last shown {} ago, when a connection was opened", days(now_ms - seen_ms)));
    }
    sentence + "."
}

/// When the client certificate of a service ends.
pub(crate) fn client_certificate(certificate: &Certificate, ends_ms: i64, now_ms: i64) -> String {
    format!("The monitor's client certificate{} {}.", whose(certificate, "of"), ends(ends_ms, now_ms))
}

fn whose(certificate: &Certificate, of: &str) -> String {
    let names = names_told(certificate);
    let names = if names.is_empty() { names } else { format!(" {of} {names}") };
    let issuer = &certificate.issuer;
    if issuer.is_empty() { names } else { format!("{names}, issued by “{issuer}”,") }
}

fn ends(ends_ms: i64, now_ms: i64) -> String {
    let day = date(ends_ms);
    match ends_ms - now_ms {
        left @ 0.. => format!("expires in {} ({day})", days(left)),
        over => format!("expired {} ago ({day})", days(-over)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn the_time_left_is_told_in_days_and_then_in_hours() {
        let certificate = Certificate {
            names: vec![PeerText::new("a.example")],
            issuer: PeerText::new("Example CA"),
            ..Certificate::default()
        };
        // 01 Jan 2001.
        let now_ms = 978_307_200_000;
        let told = |left_ms| client_certificate(&certificate, now_ms + left_ms, now_ms);
        let whose = "The monitor's client certificate of a.example, issued by “Example CA”,";
        assert_eq!(told(20 * DAY_MS), format!("{whose} expires in 20 days (21 Jan 2001)."));
        assert_eq!(told(2 * DAY_MS - 1), format!("{whose} expires in 47 hours (02 Jan 2001)."));
        assert_eq!(told(0), format!("{whose} expires in less than an hour (01 Jan 2001)."));
        assert_eq!(told(-DAY_MS), format!("{whose} expired 24 hours ago (31 Dec 2000)."));
        let seen = |ago_ms| server_certificate(&certificate, now_ms + 9 * DAY_MS, now_ms - ago_ms, now_ms);
        let whose = "The server's certificate for a.example, issued by “Example CA”, expires in 9 days (10 Jan 2001).";
        assert_eq!(seen(0), whose);
        let opened = "It was last shown 12 days ago, when a connection was opened.";
        assert_eq!(seen(12 * DAY_MS), format!("{whose} {opened}"));
    }
}
