//! The service was asked for a page: what stands before it has taken the upgrade out of the request.

use wsmon_model::HttpAnswer;

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "upgrade_lost",
    guide: "what-stands-before-a-service",
    explains,
    of_many: "the service does not see that a WebSocket is asked for.",
};

/// How servers say in the body that a request asked for no upgrade, in lower case: gorilla, websockets, ws and Node.js.
const COMPLAINTS: [&str; 5] = [
    "'upgrade' token not found",
    "not using the websocket protocol",
    "can \"upgrade\" only to \"websocket\"",
    "invalid connection header",
    "missing upgrade header",
];

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal()?;
    let certainty = match answer.status {
        400 | 405 | 426 if complains(answer) => Certainty::Likely,
        // It may as well want another version of something.
        426 => Certainty::Possible,
        _ => return None,
    };
    Some(Finding {
        layer: None,
        why:
            "The monitor did ask to upgrade to a WebSocket, so something on the way has probably taken that out of the \
              request: a proxy or load balancer that passes on plain HTTP only."
                .to_owned(),
        advice: Some(
            "Have the proxy before the service pass on Upgrade and Connection (nginx: proxy_http_version 1.1, and \
             proxy_set_header for both)."
                .to_owned(),
        ),
        certainty,
    })
}

fn complains(answer: &HttpAnswer) -> bool {
    let body = answer.body.as_str().to_ascii_lowercase();
    COMPLAINTS.iter().any(|words| body.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{answer, refused};

    #[test]
    fn a_server_that_saw_no_upgrade_is_understood() {
        for (status, body, certainty) in [
            (
                400,
                "Bad Request websocket: the client is not using the websocket protocol: 'upgrade' token not found in \
                 'Connection' header",
                Certainty::Likely,
            ),
            (
                426,
                "Failed to open a WebSocket connection: invalid Connection header: close. You cannot access a WebSocket \
                 server directly with a browser.",
                Certainty::Likely,
            ),
            (400, "Can \"Upgrade\" only to \"WebSocket\".", Certainty::Likely),
            (426, "Upgrade Required", Certainty::Possible),
        ] {
            let finding = explains(&refused(answer(status, "", body)).situation()).expect("found");
            assert_eq!(finding.certainty, certainty, "{body}");
        }
    }

    #[test]
    fn it_is_silent_about_other_complaints() {
        for answer in [
            answer(400, "", "missing parameter: symbol"),
            answer(400, "nginx", "No required SSL certificate was sent"),
            answer(403, "", "upgrade your plan to use the WebSocket API"),
            answer(404, "", "not using the websocket protocol"),
        ] {
            assert_eq!(explains(&refused(answer).situation()), None);
        }
    }
}
