//! Sessions end at the same age each time: somebody counts.

use std::time::Duration;

use wsmon_model::Layer;

use crate::{
    describe::lasting,
    explain::{
        explanation::Certainty,
        past::Past,
        rule::{Finding, Rule},
        situation::Situation,
    },
};

pub(super) const RULE: Rule = Rule {
    word: "regular_loss",
    guide: "lost-at-the-same-age-each-time",
    explains,
    of_many: "their sessions end at the same age each time.",
};

/// Shorter sessions end for other reasons, in milliseconds.
const SHORTEST_MS: u64 = 5_000;

/// How far ages may differ: this, or half a percent if that is more, in milliseconds.
const SPREAD_MS: u64 = 2_000;

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let (times, age_ms) = common_age(situation.past)?;
    // The session that is open has outlived it.
    let is_over = situation.connected_ms().unsigned_abs() > age_ms + spread_ms(age_ms);
    if !situation.has_opened() || is_over {
        return None;
    }
    let age = lasting(Duration::from_millis(age_ms + 500));
    let why = format!("Each of the last {times} sessions ended {age} after it was opened");
    let (why, advice) = if situation.ping_interval_ms >= age_ms {
        (
            format!("{why}: something on the way, such as a proxy, ends connections that are idle for that long."),
            format!("Set ping_interval_ms in the options to less than {age}, so that it is never idle."),
        )
    } else {
        (
            format!(
                "{why}, although it is pinged more often: the service or something on the way limits how long a session may \
                 last, or how long it may be without a message."
            ),
            format!(
                "Set rotate_after_ms in the options to less than {age}: a new session is opened before the old one is ended. \
                 If it is messages that are wanted, a heartbeat helps as well."
            ),
        )
    };
    Some(Finding { layer: Some(Layer::Websocket), why, advice: Some(advice), certainty: Certainty::Likely })
}

/// How many of the last sessions ended at the same age, and at which, in milliseconds; none if too few did.
fn common_age(past: &Past) -> Option<(usize, u64)> {
    let ages: Vec<_> = past.ended_from_outside().map(|session| session.lasted_ms).collect();
    let newest = *ages.first()?;
    let alike = ages.iter().take_while(|age| age.abs_diff(newest) <= spread_ms(newest)).count();
    let mean = ages[..alike].iter().sum::<u64>() / u64::try_from(alike).ok()?;
    (alike >= Past::HABIT && mean >= SHORTEST_MS).then_some((alike, mean))
}

fn spread_ms(age_ms: u64) -> u64 {
    SPREAD_MS.min(age_ms / 20).max(age_ms / 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{
        past::tests::sessions,
        situation::tests::{Known, NOW_MS, answer, lost, refused},
    };
    use wsmon_model::Phase;

    fn found(known: &Known) -> Finding {
        explains(&known.situation()).expect("found")
    }

    #[test]
    fn an_idle_limit_is_told_from_a_limit_on_sessions_by_our_own_pings() {
        let past = || sessions(&[7_000, 60_020, 60_400, 59_990]);
        let pinged = found(&Known { past: past(), ..lost() });
        assert!(pinged.why.starts_with("Each of the last 3 sessions ended 1 min after it was opened, although"));
        assert!(pinged.advice.expect("advice").starts_with("Set rotate_after_ms in the options to less than 1 min:"));
        let idle = found(&Known { past: past(), ping_interval_ms: 120_000, ..lost() });
        assert!(idle.why.contains("ends connections that are idle"), "{}", idle.why);
        assert!(idle.advice.expect("advice").starts_with("Set ping_interval_ms"));
    }

    #[test]
    fn it_is_told_while_the_next_session_is_open_too() {
        let past = sessions(&[86_400_000, 86_410_000, 86_300_000]);
        let known = Known { past, phase: Phase::Connected, since_ms: NOW_MS - 50_000, ..Known::default() };
        assert!(
            found(&known).why.starts_with("Each of the last 3 sessions ended 23 h 59 min"),
            "{}",
            found(&known).why
        );
    }

    #[test]
    fn it_is_silent_where_nobody_counts() {
        let regular = || sessions(&[60_000, 60_000, 60_000]);
        for known in [
            Known { past: sessions(&[60_000, 60_000]), ..lost() },
            Known { past: sessions(&[60_000, 60_000, 75_000]), ..lost() },
            Known { past: sessions(&[61_000, 66_000, 58_000, 63_000]), ..lost() },
            Known { past: sessions(&[5_300, 5_900, 6_400]), ..lost() },
            Known { past: sessions(&[900, 900, 900]), ..lost() },
            Known { past: regular(), phase: Phase::Connected, since_ms: NOW_MS - 70_000, ..Known::default() },
            Known { past: regular(), ..refused(answer(503, "", "")) },
            Known { past: regular(), phase: Phase::Off, ..Known::default() },
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
