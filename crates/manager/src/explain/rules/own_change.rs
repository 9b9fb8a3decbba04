//! It was connected until an administrator changed its options.

use wsmon_model::{Cause, Evidence, Stage, TlsProblem};

use crate::{
    describe::moment,
    explain::{
        explanation::Certainty,
        rule::{Finding, Rule},
        situation::Situation,
    },
};

pub(super) const RULE: Rule = Rule {
    word: "own_change",
    guide: "our-own-change",
    explains,
    of_many: "they were connected until their options were changed.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let changed_ms = situation.past.changed_ms()?;
    can_be_of_options(situation.evidence?).then(|| Finding {
        layer: None,
        why: format!(
            "It was connected until its options were changed on {}, and has not been since.",
            moment(changed_ms)
        ),
        advice: Some(
            "Compare the options with what they were; the audit log says who changed them. Setting them back should \
             connect it."
                .to_owned(),
        ),
        certainty: Certainty::Likely,
    })
}

/// Whether options can lead to this: they decide what is sent and what is expected, not whether the host is there.
fn can_be_of_options(evidence: &Evidence) -> bool {
    let stage = evidence.attempt.map(|attempt| attempt.stage);
    match evidence.cause {
        Some(Cause::HttpStatus) => {
            let status = evidence.http.as_ref().map_or(0, |answer| answer.status);
            (400..=499).contains(&status) && status != 429 && evidence.tunnel.is_none()
        }
        Some(Cause::TlsFailure) => {
            let problem = evidence.tls.as_ref().and_then(|fault| fault.problem);
            problem == Some(TlsProblem::UnknownIssuer)
        }
        Some(Cause::ConnectionLost) => stage == Some(Stage::Upgrade),
        Some(
            Cause::InvalidOptions | Cause::SubprotocolMismatch | Cause::OpeningFailed | Cause::HeartbeatUnanswered,
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{
        past::tests::past,
        situation::tests::{Known, answer, lost, refused},
    };
    use wsmon_model::EventKind::{self, *};

    const CHANGED: [(i64, EventKind); 3] = [(10, Connected), (60, OptionsChanged), (61, Blocked)];

    fn after(events: &[(i64, EventKind)], known: Known) -> Known {
        Known { past: past(events), worked_ms: Some(60_000), ..known }
    }

    #[test]
    fn what_failed_from_a_change_on_is_told_to_be_of_the_change() {
        let finding = explains(&after(&CHANGED, refused(answer(401, "", ""))).situation()).expect("found");
        assert_eq!(
            finding.why,
            "It was connected until its options were changed on 01 Jan 1970 00:01 UTC, and has not been since."
        );
    }

    #[test]
    fn it_is_silent_where_the_change_did_not_do_it() {
        let failing_before = [(10, Connected), (20, Disconnected), (60, OptionsChanged), (61, Blocked)];
        let connected_since = [(10, Connected), (60, OptionsChanged), (61, Connected), (90, Blocked)];
        for known in [
            after(&failing_before, refused(answer(401, "", ""))),
            after(&connected_since, refused(answer(401, "", ""))),
            after(&CHANGED, refused(answer(503, "", ""))),
            after(&CHANGED, refused(answer(429, "", ""))),
            after(&CHANGED, lost()),
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
