//! The answer leads elsewhere: to a sign-in for people, to https, or to another path.

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "redirected",
    guide: "what-stands-before-a-service",
    explains,
    of_many: "the service leads them elsewhere.",
};

/// Words in the path or host of a sign-in for people.
const SIGN_IN: [&str; 7] = ["login", "signin", "sso", "oauth", "oauth2", "authorize", "saml"];

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal().filter(|answer| (300..=399).contains(&answer.status))?;
    let location = answer.location.as_str();
    if location.is_empty() {
        return None;
    }
    let found = |why: String, advice: &str, certainty| {
        Some(Finding { layer: None, why, advice: Some(advice.to_owned()), certainty })
    };
    if is_sign_in(location) {
        return found(
            format!(
                "It leads to “{location}”, which looks like a page where people sign in: the monitor is not signed in."
            ),
            "Give the connection a token, password or header with which programs sign in there.",
            Certainty::Likely,
        );
    }
    if !situation.is_tls && location.starts_with("https:") {
        return found(
            format!("It leads to “{location}”: the service wants TLS."),
            "Write wss:// in place of ws:// in the base URL.",
            Certainty::Likely,
        );
    }
    found(
        format!("It leads to “{location}”."),
        "Set the base URL so that the endpoint is below it there; redirects are not followed.",
        Certainty::Certain,
    )
}

/// Whether a word, or two that stand together, are those of a sign-in.
fn is_sign_in(location: &str) -> bool {
    let location = location.to_ascii_lowercase();
    let words: Vec<_> = location.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().any(|word| SIGN_IN.contains(word))
        || words.windows(2).any(|pair| matches!(pair, ["sign" | "log", "in"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{Known, answer, refused};
    use wsmon_model::{HttpAnswer, PeerText};

    fn led(status: u16, location: &str, is_tls: bool) -> Known {
        let answer = HttpAnswer { location: PeerText::new(location), ..answer(status, "", "") };
        Known { is_tls, ..refused(answer) }
    }

    fn why(location: &str, is_tls: bool) -> String {
        explains(&led(302, location, is_tls).situation()).expect("found").why
    }

    #[test]
    fn it_is_told_where_it_leads() {
        for location in ["/accounts/login", "https://sso.example/start", "/sign-in", "https://id.example/oauth2/auth"] {
            assert!(why(location, true).contains("where people sign in"), "{location}");
        }
        assert!(why("https://feeds.example/ws/feed", false).ends_with("the service wants TLS."));
        assert_eq!(why("https://feeds.example/v2/feed", true), "It leads to “https://feeds.example/v2/feed”.");
    }

    #[test]
    fn a_name_that_only_holds_such_letters_is_no_sign_in() {
        for location in ["/blogin/feed", "/logins-of-today", "/v2/design/in"] {
            assert!(!why(location, true).contains("sign in"), "{location}");
        }
    }

    #[test]
    fn it_is_silent_without_a_place_to_go_to() {
        for known in [led(302, "", false), led(403, "/login", false)] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
