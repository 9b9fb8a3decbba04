//! An ordinary web server answered the request as if it were for a page.

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "web_page",
    guide: "what-stands-before-a-service",
    explains,
    of_many: "an ordinary HTTP answer came where a WebSocket was asked for.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal().filter(|answer| answer.status == 200)?;
    let body = answer.body.as_str().to_ascii_lowercase();
    let is_page = answer.content_type.as_str().to_ascii_lowercase().starts_with("text/html")
        || body.starts_with("<!doctype html")
        || body.starts_with("<html");
    let what = if is_page { "A web page came" } else { "An ordinary HTTP answer came" };
    Some(Finding {
        layer: None,
        why: format!(
            "{what} in place of the WebSocket: there is a web server at this URL, but either the WebSocket is at another path, \
             or a proxy before it does not pass on the upgrade."
        ),
        advice: Some(
            "Compare the base URL's path and the endpoint's name with what the service documents. If they are right, have the \
             proxy before it pass on Upgrade and Connection."
                .to_owned(),
        ),
        certainty: Certainty::Likely,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{answer, lost, refused};
    use wsmon_model::{HttpAnswer, PeerText};

    #[test]
    fn a_page_is_no_websocket() {
        let html = HttpAnswer { content_type: PeerText::new("text/html; charset=utf-8"), ..answer(200, "", "") };
        for (answer, words) in [
            (html, "A web page came"),
            (answer(200, "", "<!DOCTYPE html><html>"), "A web page came"),
            (answer(200, "", "{\"status\":\"ok\"}"), "An ordinary HTTP answer came"),
        ] {
            assert!(explains(&refused(answer).situation()).expect("found").why.starts_with(words));
        }
    }

    #[test]
    fn it_is_silent_about_refusals() {
        for known in [refused(answer(404, "", "<!DOCTYPE html><html>")), refused(answer(403, "", "<html>")), lost()] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
