//! The name is refused, and another one that is nearly the same is connected.

use wsmon_model::{Cause, Stage};

use crate::explain::{
    explanation::Certainty,
    likeness::{Likeness, likeness},
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "did_you_mean",
    guide: "a-name-that-is-not-known",
    explains,
    of_many: "their names are refused, and nearly the same ones are connected.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    // A name that has worked is not misspelt.
    if situation.has_worked() || !refuses_names(situation) {
        return None;
    }
    let of =
        |wanted: Likeness| situation.alike.iter().filter(move |other| likeness(situation.name, other) == Some(wanted));
    let (same_letters, mut one_slip) = (of(Likeness::SameLetters).next(), of(Likeness::OneSlip));
    let (meant, how, certainty) = match (same_letters, one_slip.next(), one_slip.next()) {
        (Some(meant), ..) => (meant, "has the same letters", Certainty::Likely),
        (None, Some(meant), None) => (meant, "is spelt nearly the same", Certainty::Possible),
        // Several are a family of names, to which this one may well belong.
        _ => return None,
    };
    Some(Finding {
        layer: None,
        why: format!("“{meant}” of the same service is connected and {how}: did you mean that one?"),
        advice: Some(format!(
            "If so, remove this connection: “{meant}” is held already. If not, check how the service writes this name."
        )),
        certainty,
    })
}

/// Whether services refuse a name that they do not know like this: most by 404, Starlette by 403, Channels by 500, others by
/// hanging up.
fn refuses_names(situation: &Situation<'_>) -> bool {
    let hung_up = || {
        let evidence = situation.evidence.filter(|evidence| evidence.cause == Some(Cause::ConnectionLost));
        let attempt = evidence.and_then(|evidence| evidence.attempt);
        attempt.is_some_and(|attempt| attempt.stage == Stage::Upgrade)
    };
    situation.refusal().is_some_and(|answer| matches!(answer.status, 403 | 404 | 500)) || hung_up()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{Known, answer, lost, name, refused};
    use wsmon_model::{Attempt, Tunnel};

    fn asked(text: &str, alike: &[&str], status: u16) -> Known {
        let alike = alike.iter().copied().map(name).collect();
        Known { name: name(text), alike, ..refused(answer(status, "", "")) }
    }

    #[test]
    fn a_name_that_is_written_otherwise_is_meant() {
        for status in [403, 404, 500] {
            let known = asked("datafeed", &["data-feeds", "data-feed"], status);
            let finding = explains(&known.situation()).expect("found");
            assert_eq!(
                (finding.why.as_str(), finding.certainty),
                (
                    "“data-feed” of the same service is connected and has the same letters: did you mean that one?",
                    Certainty::Likely
                )
            );
        }
        let slip = explains(&asked("data-feeed", &["data-feed"], 404).situation()).expect("found");
        assert!(slip.why.contains("is spelt nearly the same") && slip.certainty == Certainty::Possible);
    }

    #[test]
    fn who_hangs_up_may_not_know_the_name() {
        let mut known = Known { alike: vec![name("data-feed")], name: name("datafeed"), ..lost() };
        known.evidence.as_mut().expect("a failure").attempt = Some(Attempt::at(Stage::Upgrade));
        assert!(explains(&known.situation()).is_some());
    }

    #[test]
    fn it_is_silent_where_the_name_may_be_right() {
        let worked = Known { worked_ms: Some(1), ..asked("datafeed", &["data-feed"], 404) };
        let mut of_proxy = asked("datafeed", &["data-feed"], 403);
        of_proxy.evidence.as_mut().expect("a failure").tunnel = Some(Tunnel::default());
        let was_open = Known { alike: vec![name("data-feed")], name: name("datafeed"), ..lost() };
        for known in [
            worked,
            of_proxy,
            was_open,
            asked("datafeed", &["data-feed"], 401),
            asked("datafeed", &["data-feed"], 503),
            asked("datafeed", &[], 404),
            asked("feed-1", &["feed-2"], 404),
            asked("trade", &["trades", "traded"], 404),
        ] {
            assert_eq!(explains(&known.situation()), None, "{}", known.name);
        }
    }
}
