//! The rules together: which comes first, and what becomes of what it says.

use std::collections::BTreeSet;

use super::{
    rules::RULES,
    situation::tests::{Known, NOW_MS, answer, lost, name, refused},
    *,
};
use wsmon_model::{Cause, HttpAnswer, PeerText};

fn told(known: &Known) -> Explanation {
    explain(&known.situation()).expect("an explanation")
}

#[test]
fn without_a_rule_it_is_told_what_happened() {
    let explanation = told(&refused(answer(404, "", "")));
    assert_eq!(
        (explanation.sentence.as_str(), explanation.advice.as_deref()),
        (
            "The server answered HTTP 404 Not Found instead of opening a WebSocket.",
            Some("Check the endpoint's name and the base URL's path.")
        )
    );
    assert_eq!((explanation.rule, explanation.guide, explanation.certainty), (None, None, Certainty::Certain));
    assert_eq!(explain(&Known::default().situation()), None, "nothing has failed");
}

#[test]
fn the_rule_that_knows_most_is_told_with_the_services_own_words() {
    let body = "{\"error\":\"no such feed\"}";
    let new = Known { name: name("datafeed"), alike: vec![name("data-feed")], ..refused(answer(404, "", body)) };
    let explanation = told(&new);
    assert_eq!(explanation.rule, Some("did_you_mean"));
    assert_eq!(
        explanation.sentence,
        "The server answered HTTP 404 Not Found instead of opening a WebSocket. “data-feed” of the same service is connected \
         and has the same letters: did you mean that one? The service says: “no such feed”."
    );
    let old = told(&Known { worked_ms: Some(NOW_MS), ..new });
    assert_eq!(old.rule, Some("worked_before"));
    assert!(!old.advice.expect("advice").contains("Check the endpoint's name"));
}

#[test]
fn words_alone_are_told_once_and_keep_the_usual_advice() {
    let explanation = told(&refused(answer(404, "", "{\"error\":\"no such feed\"}")));
    assert_eq!(explanation.rule, Some("service_words"));
    assert_eq!(explanation.sentence.matches("no such feed").count(), 1);
    assert_eq!(explanation.advice.as_deref(), Some("Check the endpoint's name and the base URL's path."));
}

#[test]
fn a_wait_that_was_asked_for_stays() {
    let limited = HttpAnswer { retry_after_s: Some(20), ..answer(503, "nginx", "") };
    assert!(told(&refused(limited)).sentence.contains(" It asks to wait 20 s. nginx stands before"));
}

#[test]
fn each_rule_has_a_word_a_place_in_the_guide_and_a_sentence_about_many() {
    let words: BTreeSet<_> = RULES.iter().map(|rule| rule.word).collect();
    assert_eq!(words.len(), RULES.len());
    for word in words {
        let many = explain_many(word, 40).expect("a sentence");
        assert!(many.starts_with("40 connections: ") && many.ends_with('.'), "{many}");
    }
    assert_eq!(explain_many("no_rule", 2), None);
    assert!(guide_sections().all(|section| !section.is_empty()));
}

/// Every failure that there is, alone and of a connection that worked: nobody blames a name, a token or our network for it
/// without having seen anything of them.
#[test]
fn a_bare_cause_is_never_explained_by_more_than_was_seen() {
    use strum::VariantArray;
    for cause in Cause::VARIANTS.iter().copied() {
        for worked_ms in [None, Some(NOW_MS)] {
            let evidence = Some(Evidence { cause: Some(cause), ..Evidence::default() });
            let explanation = told(&Known { evidence, worked_ms, ..lost() });
            assert_eq!(explanation.rule, None, "{cause:?}");
        }
    }
}

#[test]
fn a_stranger_cannot_write_more_than_text() {
    let location = PeerText::new("https://evil\u{202e}/login");
    let explanation = told(&refused(HttpAnswer { location, ..answer(302, "", "") }));
    assert!(explanation.sentence.contains("evil\u{fffd}"), "{}", explanation.sentence);
}
