//! The clock of the monitor's machine is wrong, or the service's is.

use std::collections::BTreeSet;

use wsmon_model::Layer;

use crate::{
    describe::lasting,
    explain::{
        explanation::Certainty,
        rule::{Finding, Rule},
        situation::{Situation, Trouble},
    },
};

pub(super) const RULE: Rule = Rule {
    word: "local_clock",
    guide: "a-clock-is-wrong",
    explains,
    of_many: "the clock of the monitor's machine and those of the services differ.",
};

/// Tokens and signatures allow for less than that, in seconds.
const MATTERS_S: u64 = 5 * 60;

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    certificates(situation).or_else(|| dates(situation))
}

/// Several hosts with certificates that are not valid yet.
fn certificates(situation: &Situation<'_>) -> Option<Finding> {
    if Trouble::of(situation.evidence?) != Some(Trouble::NotValidYet) {
        return None;
    }
    let too_young = situation.services.iter().filter(|service| service.trouble == Some(Trouble::NotValidYet));
    let hosts: BTreeSet<_> = too_young.map(|service| &service.host).collect();
    (hosts.len() > 1).then(|| Finding {
        layer: Some(Layer::Local),
        why: format!(
            "The certificates of {} hosts are not valid yet by the monitor's clock, which is behind then.",
            hosts.len()
        ),
        advice: Some(
            "Set the clock of the monitor's machine, and see that it is kept (timedatectl, chronyc).".to_owned(),
        ),
        certainty: Certainty::Likely,
    })
}

/// Credentials are refused, and the answer's date is far from ours.
fn dates(situation: &Situation<'_>) -> Option<Finding> {
    let answer = situation.refusal().filter(|answer| matches!(answer.status, 401 | 403))?;
    let ahead_s = answer.clock_ahead_s.filter(|ahead| ahead.unsigned_abs() >= MATTERS_S)?;
    let by = lasting(std::time::Duration::from_secs(ahead_s.unsigned_abs()));
    let side = if ahead_s > 0 { "ahead of" } else { "behind" };
    Some(Finding {
        layer: None,
        why: format!(
            "Its clock is {by} {side} the monitor's, as the answer's date says. A token or a signature that holds a time is \
             refused when clocks differ like that."
        ),
        advice: Some(
            "Compare the clock of the monitor's machine with the right time (timedatectl); if it is right, the service's is \
             wrong."
                .to_owned(),
        ),
        certainty: Certainty::Possible,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::{
        ServiceStanding,
        tests::{Known, answer, refused},
    };
    use wsmon_model::{Cause, Evidence, HttpAnswer, TlsFault, TlsProblem};

    fn certificate(problem: TlsProblem, hosts: &[(&str, Option<Trouble>)]) -> Known {
        let tls = Some(TlsFault { problem: Some(problem), ..TlsFault::default() });
        let evidence = Some(Evidence { cause: Some(Cause::TlsFailure), tls, ..Evidence::default() });
        let service =
            |&(host, trouble): &(&str, _)| ServiceStanding { host: str::to_owned(host), is_connected: false, trouble };
        Known { evidence, services: hosts.iter().map(service).collect(), ..Known::default() }
    }

    fn date(status: u16, clock_ahead_s: Option<i64>) -> Known {
        refused(HttpAnswer { clock_ahead_s, ..answer(status, "", "") })
    }

    const YOUNG: Option<Trouble> = Some(Trouble::NotValidYet);

    #[test]
    fn two_hosts_cannot_both_have_certificates_of_the_future() {
        let known = certificate(TlsProblem::NotValidYet, &[("a", YOUNG), ("b", YOUNG), ("c", None)]);
        let finding = explains(&known.situation()).expect("found");
        assert_eq!((finding.layer, finding.certainty), (Some(Layer::Local), Certainty::Likely));
    }

    #[test]
    fn an_answer_of_another_time_may_be_why_it_refuses() {
        let why = |ahead_s| explains(&date(401, Some(ahead_s)).situation()).expect("found").why;
        assert!(why(7_200).starts_with("Its clock is 2 h ahead of the monitor's"), "{}", why(7_200));
        assert!(why(-330).starts_with("Its clock is 5 min 30 s behind the monitor's"), "{}", why(-330));
    }

    #[test]
    fn it_is_silent_where_a_clock_explains_nothing() {
        for known in [
            certificate(TlsProblem::NotValidYet, &[("a", YOUNG), ("b", None)]),
            certificate(TlsProblem::NotValidYet, &[("a", YOUNG), ("a", YOUNG)]),
            certificate(TlsProblem::UnknownIssuer, &[("a", YOUNG), ("b", YOUNG)]),
            date(401, Some(299)),
            date(401, None),
            date(404, Some(7_200)),
        ] {
            assert_eq!(explains(&known.situation()), None);
        }
    }
}
