//! The service opens the connection and ends it at once, again and again.

use wsmon_model::Layer;

use crate::explain::{
    explanation::Certainty,
    past::Past,
    rule::{Finding, Rule},
    situation::Situation,
};

pub(super) const RULE: Rule = Rule {
    word: "lost_at_once",
    guide: "lost-as-soon-as-it-is-open",
    explains,
    of_many: "the service opens them and ends them at once.",
};

/// What is shorter was never meant to last, in milliseconds.
const SHORT_MS: u64 = 2_000;

/// A session that has lasted longer shows that this is over, in milliseconds.
const OVER_MS: i64 = 10_000;

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    if !situation.has_opened() || situation.connected_ms() > OVER_MS {
        return None;
    }
    let times = situation.past.ended_from_outside().take_while(|session| session.lasted_ms <= SHORT_MS).count();
    (times >= Past::HABIT).then(|| Finding {
        layer: Some(Layer::Websocket),
        why: format!(
            "The service opens the connection and ends it at once: the last {times} sessions lasted 2 s at most. Services do \
             that which check the sign-in, a subscription or the number of sessions only after the upgrade, or whose handler \
             fails."
        ),
        advice: Some(
            "Check the credentials, what the opening sends, and whether another program signs in with the same credentials; \
             the service's log says which it is."
                .to_owned(),
        ),
        certainty: Certainty::Likely,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{
        past::tests::sessions,
        situation::tests::{Known, NOW_MS, answer, lost, refused},
    };
    use wsmon_model::Phase;

    #[test]
    fn what_never_lasts_is_told_whether_it_is_up_just_now_or_not() {
        let past = || sessions(&[90_000, 1_000, 40, 1_900]);
        let open = Known { phase: Phase::Connected, ..Known::default() };
        for known in [lost(), open] {
            let known = Known { past: past(), ..known };
            let why = explains(&known.situation()).expect("found").why;
            assert!(why.contains("the last 3 sessions lasted 2 s at most"), "{why}");
        }
    }

    #[test]
    fn it_is_silent_once_a_session_lasts_or_something_else_is_wrong() {
        let short = || sessions(&[40, 40, 40]);
        for known in [
            Known { past: sessions(&[40, 40]), ..lost() },
            Known { past: sessions(&[40, 40, 40, 90_000]), ..lost() },
            Known { past: short(), phase: Phase::Connected, since_ms: NOW_MS - 11_000, ..Known::default() },
            Known { past: short(), ..refused(answer(503, "", "")) },
            Known { past: short(), phase: Phase::Off, ..Known::default() },
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
