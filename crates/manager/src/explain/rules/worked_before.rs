//! It was connected under this name, and now the service refuses it.

use crate::{
    describe::moment,
    explain::{
        explanation::Certainty,
        rule::{Finding, Rule},
        situation::Situation,
    },
};

pub(super) const RULE: Rule = Rule {
    word: "worked_before",
    guide: "refused-after-it-worked",
    explains,
    of_many: "they were connected before and are refused now.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    let worked_ms = situation.worked_ms?;
    let (changed, advice) = match situation.refusal()?.status {
        401 => (
            "its credentials have expired or were revoked, or the service has changed",
            "Renew the token or password with which it signs in. If that is still valid, ask whoever runs the service what \
             has changed.",
        ),
        403 => (
            "its credentials have expired or may do less than before, or the service has changed",
            "Check whether the token is still valid and what it may do. If that is as it was, ask whoever runs the service \
             whether the endpoint was moved or restricted.",
        ),
        404 => (
            "the service has it no longer, or somewhere else",
            "Ask whoever runs the service whether the endpoint was renamed, moved or removed, and compare the path in the \
             base URL.",
        ),
        _ => return None,
    };
    Some(Finding {
        layer: None,
        why: format!("It was last connected on {}, so its name is not misspelt: {changed}.", moment(worked_ms)),
        advice: Some(advice.to_owned()),
        certainty: Certainty::Likely,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::tests::{Known, NOW_MS, answer, lost, refused};
    use wsmon_model::Tunnel;

    fn worked(known: Known) -> Known {
        Known { worked_ms: Some(NOW_MS), ..known }
    }

    #[test]
    fn a_name_that_worked_is_not_blamed() {
        for (status, words) in [(401, "expired or were revoked"), (403, "may do less"), (404, "has it no longer")] {
            let known = worked(refused(answer(status, "", "")));
            let why = explains(&known.situation()).expect("found").why;
            assert!(why.starts_with("It was last connected on 14 Nov 2023 22:13 UTC, so its name"), "{why}");
            assert!(why.contains(words), "{why}");
        }
    }

    #[test]
    fn it_is_silent_where_it_never_worked_or_nobody_refuses() {
        let mut of_proxy = worked(refused(answer(403, "", "")));
        of_proxy.evidence.as_mut().expect("a failure").tunnel = Some(Tunnel::default());
        for known in [
            refused(answer(401, "", "")),
            of_proxy,
            worked(refused(answer(503, "", ""))),
            worked(refused(answer(429, "", ""))),
            worked(lost()),
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
