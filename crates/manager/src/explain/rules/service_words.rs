//! The service says itself why it refuses.

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::Situation,
    words::own_words,
};

pub(super) const RULE: Rule = Rule {
    word: "service_words",
    guide: "why-a-connection-is-down",
    explains,
    of_many: "the service refuses them and says why.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let why = own_words(situation.evidence.filter(|_| situation.refusal().is_some())?)?;
    Some(Finding { layer: None, why, advice: None, certainty: Certainty::Certain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{answer, lost, refused};

    #[test]
    fn its_words_are_told() {
        let known = refused(answer(401, "", "{\"error\":\"token expired\"}"));
        assert_eq!(explains(&known.situation()).expect("found").why, "The service says: “token expired”.");
    }

    #[test]
    fn it_is_silent_where_there_are_none() {
        for known in [refused(answer(401, "", "")), refused(answer(404, "", "<html>no such feed")), lost()] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
