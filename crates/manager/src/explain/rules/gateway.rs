//! A reverse proxy or load balancer stands before the service and does not get an answer from it.

use wsmon_model::HttpAnswer;

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "gateway",
    guide: "what-stands-before-a-service",
    explains,
    of_many: "what stands before the service gets no answer from it.",
};

/// What stands before services, by a word of its `Server` or of the page of its own making.
const KINDS: [(&str, &str); 7] = [
    ("openresty", "OpenResty"),
    ("nginx", "nginx"),
    ("apache", "Apache"),
    ("caddy", "Caddy"),
    ("envoy", "Envoy"),
    ("awselb", "AWS Elastic Load Balancing"),
    ("varnish", "Varnish"),
];

/// What haproxy says, which does not give its name.
const HAPROXY: [&str; 3] = [
    "No server is available to handle this request.",
    "The server didn't respond in time.",
    "The server returned an invalid or incomplete response.",
];

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal()?;
    let kind = kind(answer)?;
    let (fault, advice) = meaning(answer.status, kind)?;
    Some(Finding {
        layer: None,
        why: format!("{kind} stands before the service: {fault}."),
        advice: Some(advice),
        // What is behind it may be another such server, whose status it only passes on.
        certainty: Certainty::Likely,
    })
}

fn kind(answer: &HttpAnswer) -> Option<&'static str> {
    if HAPROXY.iter().any(|words| answer.body.as_str().contains(words)) {
        return Some("haproxy");
    }
    let server = answer.server.as_str().to_ascii_lowercase();
    let product = server.split(['/', ' ', '(']).next().unwrap_or_default();
    KINDS.iter().find(|(word, _)| product.starts_with(word)).map(|&(_, kind)| kind)
}

fn meaning(status: u16, kind: &str) -> Option<(&'static str, String)> {
    let log = format!("The log of {kind} names the server behind it and says what was wrong with it.");
    Some(match status {
        502 => (
            "the server behind it is down, refuses the connection, or hangs up",
            format!("See whether the service itself runs behind {kind}. {log}"),
        ),
        504 => (
            "the server behind it does not answer in time",
            format!("See whether the service itself hangs, or cannot be reached from {kind}. {log}"),
        ),
        // nginx says 503 of its own accord only for its limits and by its configuration.
        503 if matches!(kind, "nginx" | "OpenResty") => (
            "it limits requests or connections, is configured to answer so, or passes on what the service says",
            format!(
                "Look for limit_req, limit_conn and return 503 in {kind}'s configuration, then at the service. {log}"
            ),
        ),
        // Caddy says 502 of its own accord.
        503 if kind == "Caddy" => return None,
        503 => (
            "it has no server behind it that it takes for healthy, or passes on what the service says",
            format!("See whether the service itself runs, and what {kind} checks its health by."),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{answer, refused};

    #[test]
    fn what_stands_before_the_service_is_named() {
        for (status, server, body, words) in [
            (502, "nginx/1.22.1", "", "nginx stands before the service: the server behind it is down"),
            (504, "nginx", "", "does not answer in time"),
            (503, "nginx", "", "it limits requests"),
            (502, "Apache/2.4.57 (Debian)", "", "Apache stands"),
            (502, "Caddy", "", "Caddy stands"),
            (503, "awselb/2.0", "", "AWS Elastic Load Balancing stands"),
            (
                503,
                "",
                "<html><body><h1>503 Service Unavailable</h1> No server is available to handle this request. </body></html>",
                "haproxy stands before the service: it has no server behind it",
            ),
        ] {
            let finding = explains(&refused(answer(status, server, body)).situation()).expect("found");
            assert!(finding.why.contains(words), "{}", finding.why);
            assert_eq!(finding.certainty, Certainty::Likely);
        }
    }

    #[test]
    fn it_is_silent_about_the_services_own_answers() {
        for answer in [
            answer(502, "", ""),
            answer(502, "feeds/2.1 (nginx)", ""),
            answer(503, "uvicorn", ""),
            answer(404, "nginx", ""),
            answer(500, "nginx", ""),
            answer(503, "Caddy", ""),
            answer(502, "cloudflare", ""),
        ] {
            assert_eq!(explains(&refused(answer).situation()), None);
        }
    }
}
