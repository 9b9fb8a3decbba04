//! Sentences about a token service that gave no token.

use wsmon_model::{TokenFault, TokenProblem};

use super::{
    advice::{asked_to_wait, http_reason},
    time::within,
};

/// What the token service did instead of issuing a token, in its own words where it has some.
pub(super) fn no_token(fault: Option<&TokenFault>) -> String {
    let Some(fault) = fault else { return "There was no token to sign in with.".to_owned() };
    let service = match fault.host.as_str() {
        "" => "The token service".to_owned(),
        host => format!("The token service {host}"),
    };
    let because = if fault.detail.is_empty() { String::new() } else { format!(": {}", fault.detail) };
    let wait = asked_to_wait(fault.retry_after_s.map(u64::from));
    match fault.problem {
        Some(TokenProblem::Credentials) => {
            format!("No token could be asked for{because}. Check the service's oauth2 table in the configuration.")
        }
        Some(TokenProblem::Unreachable) => format!("{service} cannot be reached{because}."),
        Some(TokenProblem::Late) => format!("{service} did not answer {}.", within(fault.after_ms.map(u64::from))),
        Some(TokenProblem::HungUp) => format!("{service} ended the connection without an answer{because}."),
        Some(TokenProblem::Refused) if fault.error.is_empty() => {
            format!("{service} {} instead of a token.{}", answered(fault), status_advice(fault.status))
        }
        Some(TokenProblem::Refused) => {
            format!("{service} refused a token: {}. {}", words(fault), error_advice(fault.error.as_str()))
        }
        Some(TokenProblem::Unavailable) if fault.error.is_empty() => {
            format!("{service} {} instead of a token.{wait}", answered(fault))
        }
        Some(TokenProblem::Unavailable) => {
            format!("{service} {} instead of a token: {}.{wait}", answered(fault), words(fault))
        }
        Some(TokenProblem::NoToken) => format!(
            "{service} {} without a token that can be used{because}. Check token-url in the service's oauth2 table.",
            answered(fault)
        ),
        None => format!("{service} gave no token{because}."),
    }
}

fn answered(fault: &TokenFault) -> String {
    fault
        .status
        .map_or_else(|| "answered".to_owned(), |status| format!("answered HTTP {status}{}", http_reason(status)))
}

/// `error` and `error_description` of the answer.
fn words(fault: &TokenFault) -> String {
    let TokenFault { error, description, .. } = fault;
    if description.is_empty() { format!("“{error}”") } else { format!("“{error}”, “{description}”") }
}

fn status_advice(status: Option<u16>) -> &'static str {
    match status {
        Some(300..=399) => {
            " It points elsewhere, which is not followed; set token-url to where the token service really is."
        }
        Some(401 | 403) => " Check client-id and client-secret in the service's oauth2 table.",
        _ => " Check token-url in the service's oauth2 table.",
    }
}

/// The errors are those of RFC 6749 section 5.2.
fn error_advice(error: &str) -> &'static str {
    match error {
        "invalid_client" => "Check client-id and client-secret in the service's oauth2 table.",
        "invalid_scope" => "Check scope in the service's oauth2 table.",
        "unauthorized_client" | "unsupported_grant_type" => {
            "Allow this client the grant client_credentials at the token service."
        }
        _ => "Check the service's oauth2 table in the configuration, and the client at the token service.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::PeerText;

    #[test]
    fn the_token_services_words_are_told_with_what_to_do() {
        let host = PeerText::new("auth.example");
        let of = |problem| TokenFault { host: host.clone(), ..TokenFault::of(problem) };
        let cases = [
            (
                TokenFault {
                    status: Some(401),
                    error: PeerText::new("invalid_client"),
                    description: PeerText::new("no such\nclient"),
                    ..of(TokenProblem::Refused)
                },
                "The token service auth.example refused a token: “invalid_client”, “no such\u{fffd}client”. Check client-id \
                 and client-secret in the service's oauth2 table.",
            ),
            (
                TokenFault { status: Some(302), ..of(TokenProblem::Refused) },
                "The token service auth.example answered HTTP 302 Found instead of a token. It points elsewhere, which is not \
                 followed; set token-url to where the token service really is.",
            ),
            (
                TokenFault { status: Some(503), retry_after_s: Some(20), ..of(TokenProblem::Unavailable) },
                "The token service auth.example answered HTTP 503 Service Unavailable instead of a token. It asks to wait 20 s.",
            ),
            (
                TokenFault { after_ms: Some(10_000), ..of(TokenProblem::Late) },
                "The token service auth.example did not answer within 10 s.",
            ),
            (
                TokenFault {
                    status: Some(200),
                    detail: PeerText::new("it is text/html, not JSON"),
                    ..of(TokenProblem::NoToken)
                },
                "The token service auth.example answered HTTP 200 OK without a token that can be used: it is text/html, not \
                 JSON. Check token-url in the service's oauth2 table.",
            ),
        ];
        for (fault, sentence) in cases {
            assert_eq!(no_token(Some(&fault)), sentence);
        }
    }
}
