//! `FastAPI` and others on Starlette answer 403 to names that they do not know, too.

use wsmon_model::HttpAnswer;

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "starlette",
    guide: "a-name-that-is-not-known",
    explains,
    of_many: "the service refuses them, or does not know their names.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal().filter(|answer| answer.status == 403)?;
    // What has worked is known.
    (!situation.has_worked() && looks_like_it(answer)).then(|| Finding {
        layer: None,
        why: "The answer looks like that of a service made with FastAPI or Starlette. These answer the same to a name that \
              they do not know and to a client that they do not let in."
            .to_owned(),
        advice: Some(
            "Compare the endpoint's name with the routes of the service first, then check the credentials.".to_owned(),
        ),
        certainty: Certainty::Possible,
    })
}

/// uvicorn refuses an upgrade without its name and with an empty text, which hardly anybody else does; others of its kind give
/// their names. With wsproto it sends no type either, and cannot be told from Channels, Phoenix and more.
fn looks_like_it(answer: &HttpAnswer) -> bool {
    let HttpAnswer { server, content_type, body, www_authenticate, .. } = answer;
    let server = server.as_str().to_ascii_lowercase();
    let product = server.split('/').next().unwrap_or_default();
    let is_named = matches!(product, "uvicorn" | "hypercorn" | "hypercorn-h11" | "granian");
    let is_plain = content_type.as_str().starts_with("text/plain");
    is_named || (server.is_empty() && body.is_empty() && is_plain && www_authenticate.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{Known, answer, refused};
    use wsmon_model::PeerText;

    #[test]
    fn an_empty_text_without_a_name_looks_like_it() {
        let empty_text = HttpAnswer { content_type: PeerText::new("text/plain; charset=utf-8"), ..answer(403, "", "") };
        for answer in [empty_text, answer(403, "uvicorn", ""), answer(403, "hypercorn-h11", "")] {
            assert!(explains(&refused(answer).situation()).is_some());
        }
    }

    #[test]
    fn it_is_silent_about_other_servers_and_known_names() {
        for known in [
            refused(answer(403, "nginx", "")),
            refused(answer(403, "", "")),
            refused(answer(403, "", "{\"error\":\"forbidden for you\"}")),
            refused(answer(404, "uvicorn", "")),
            Known { worked_ms: Some(1), ..refused(answer(403, "uvicorn", "")) },
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
