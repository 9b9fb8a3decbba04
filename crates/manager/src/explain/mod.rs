//! Why a connection is as it is, by rules that look at all that is known of it: what it did before, what the others do,
//! what administrators changed. [`describe`](super::describe) says what happened. Pure.
//!
//! A rule that is not sure is silent: a wrong explanation costs more than none.

mod explanation;
mod likeness;
mod past;
mod rule;
mod rules;
mod situation;
mod words;

use wsmon_model::Evidence;

pub use self::{
    explanation::{Certainty, Explanation},
    past::{Past, PastEvent},
    rules::{explain_many, guide_sections},
};
pub(super) use self::{
    likeness::is_alike,
    situation::{ServiceStanding, Situation, Trouble},
};
use self::{
    rule::{Finding, Rule},
    rules::RULES,
    words::own_words,
};
use super::describe::{Told, tell};

/// What happened to a connection, why, and what to do: by the first rule that knows, else what was seen alone. None if
/// there is nothing to explain.
pub(super) fn explain(situation: &Situation<'_>) -> Option<Explanation> {
    let found = RULES.iter().find_map(|rule| Some((*rule, (rule.explains)(situation)?)));
    match (situation.evidence, found) {
        (None, None) => None,
        (Some(evidence), None) => Some(seen(evidence)),
        (evidence, Some((rule, finding))) => Some(found_out(evidence, rule, finding)),
    }
}

fn seen(evidence: &Evidence) -> Explanation {
    let Told { happened, advice, wait } = tell(evidence);
    Explanation {
        rule: None,
        layer: evidence.layer,
        sentence: happened + &wait,
        advice: advice_of(advice),
        certainty: Certainty::Certain,
        guide: None,
    }
}

fn found_out(
    evidence: Option<&Evidence>,
    rule: &Rule,
    Finding { layer, why, advice, certainty }: Finding,
) -> Explanation {
    let (mut sentences, mut general) = (Vec::new(), "");
    if let Some(evidence) = evidence {
        let Told { happened, advice, wait } = tell(evidence);
        sentences.push(happened + &wait);
        general = advice;
    }
    sentences.push(why);
    // Whatever else is known, the service's own words are worth their room.
    sentences.extend(evidence.and_then(own_words).filter(|words| !sentences.contains(words)));
    Explanation {
        rule: Some(rule.word),
        layer: layer.or(evidence.and_then(|evidence| evidence.layer)),
        sentence: sentences.join(" "),
        advice: advice.or_else(|| advice_of(general)),
        certainty,
        guide: Some(rule.guide),
    }
}

fn advice_of(advice: &str) -> Option<String> {
    Some(advice.trim().to_owned()).filter(|advice| !advice.is_empty())
}

#[cfg(test)]
mod tests;
