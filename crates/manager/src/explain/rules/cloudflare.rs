//! Cloudflare stands before the service, and says in its own statuses what is wrong behind it.

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "cloudflare",
    guide: "what-stands-before-a-service",
    explains,
    of_many: "Cloudflare, which stands before the service, answers in its place.",
};

/// Where the fault is, and what to do; the statuses are those of Cloudflare's documentation of 5xx errors.
fn meaning(status: u16) -> Option<(&'static str, &'static str)> {
    Some(match status {
        520 => (
            "the server behind it gave an answer that is empty or unknown, or hung up",
            "Have whoever runs the service look into the server's log.",
        ),
        521 => (
            "the server behind it refuses the connection: it is down, or does not let Cloudflare in",
            "Have whoever runs the service start the server, or let Cloudflare's addresses through its firewall.",
        ),
        522 => (
            "the server behind it does not accept a TCP connection in time: it is down, overloaded, or a firewall drops \
             Cloudflare's packets",
            "Have whoever runs the service look whether the server is up and its firewall lets Cloudflare in.",
        ),
        523 => (
            "the server behind it cannot be reached: its address is wrong, or there is no route to it",
            "Have whoever runs the service compare the server's address with its DNS record at Cloudflare.",
        ),
        524 => (
            "the server behind it accepted the connection and did not answer in time",
            "Have whoever runs the service look for what keeps the server busy.",
        ),
        525 => (
            "the TLS handshake with the server behind it failed",
            "Have whoever runs the service look at TLS between Cloudflare and the server.",
        ),
        526 => (
            "the certificate of the server behind it is not valid",
            "Have whoever runs the service renew the certificate that the server shows to Cloudflare.",
        ),
        530 => (
            "it could not find or reach the server behind it",
            "Have whoever runs the service look at the DNS record or tunnel at Cloudflare; the page that it shows in a \
             browser has a number that says more.",
        ),
        _ => return None,
    })
}

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal()?;
    if !answer.server.as_str().eq_ignore_ascii_case("cloudflare") {
        return None;
    }
    if let Some((fault, advice)) = meaning(answer.status) {
        return Some(Finding {
            layer: None,
            why: format!("This is Cloudflare's answer, which stands before the service: {fault}."),
            advice: Some(advice.to_owned()),
            certainty: Certainty::Certain,
        });
    }
    let is_challenge = answer.body.as_str().contains("<title>Just a moment...");
    (matches!(answer.status, 403 | 429 | 503) && is_challenge).then(|| Finding {
        layer: None,
        why: "This is Cloudflare's check for browsers, which no program passes: it takes the monitor for a robot."
            .to_owned(),
        advice: Some(
            "Have whoever runs the service except the WebSocket's path, or the monitor's address, from that check."
                .to_owned(),
        ),
        certainty: Certainty::Certain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{answer, refused};

    #[test]
    fn each_of_its_statuses_has_a_meaning() {
        for status in [520, 521, 522, 523, 524, 525, 526, 530] {
            let finding = explains(&refused(answer(status, "cloudflare", "")).situation()).expect("found");
            assert!(finding.why.starts_with("This is Cloudflare's answer"), "{status}");
        }
        let challenge = "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title>";
        let finding = explains(&refused(answer(403, "cloudflare", challenge)).situation()).expect("found");
        assert!(finding.why.contains("check for browsers"));
    }

    #[test]
    fn it_is_silent_about_others_and_about_what_only_passes_through_it() {
        for answer in [
            answer(522, "nginx", ""),
            answer(522, "", ""),
            answer(403, "cloudflare", "{\"error\":\"no such feed\"}"),
            answer(404, "cloudflare", ""),
            answer(502, "cloudflare", ""),
        ] {
            assert_eq!(explains(&refused(answer).situation()), None);
        }
    }
}
