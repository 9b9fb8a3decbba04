//! Nothing can be reached: it is the monitor's own network.

use std::collections::BTreeSet;

use wsmon_model::Layer;

use crate::explain::{
    explanation::Certainty,
    rule::{Finding, Rule},
    situation::{Situation, Trouble},
};

pub(super) const RULE: Rule = Rule {
    word: "own_network",
    guide: "the-monitor-has-no-network",
    explains,
    of_many: "none of the services can be reached from the monitor's machine.",
};

fn explains(situation: &Situation<'_>) -> Option<Finding> {
    if Trouble::of(situation.evidence?) != Some(Trouble::Unreachable) {
        return None;
    }
    // One that is reached, or that refuses, shows that the network works.
    let all_out =
        situation.services.iter().all(|service| !service.is_connected && service.trouble == Some(Trouble::Unreachable));
    let hosts: BTreeSet<_> = situation.services.iter().map(|service| &service.host).collect();
    (all_out && hosts.len() > 1).then(|| Finding {
        layer: Some(Layer::Local),
        why: format!(
            "None of the {} hosts of the services that are configured can be reached, so it is hardly this one's fault: the \
             monitor's own network, or its name server, does not work.",
            hosts.len()
        ),
        advice: Some(
            "Check from the monitor's machine: its link and route (ip route), its name server (/etc/resolv.conf), and its \
             firewall."
                .to_owned(),
        ),
        certainty: Certainty::Likely,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::situation::{ServiceStanding, tests::Known};
    use wsmon_model::{Cause, Evidence, NameFault, UnresolvedName};

    fn service(host: &str, is_connected: bool, trouble: Option<Trouble>) -> ServiceStanding {
        ServiceStanding { host: host.to_owned(), is_connected, trouble }
    }

    fn known(cause: Cause, fault: Option<NameFault>, services: Vec<ServiceStanding>) -> Known {
        let name = fault.map(|fault| UnresolvedName { fault: Some(fault), ..UnresolvedName::default() });
        let evidence = Some(Evidence { cause: Some(cause), name, ..Evidence::default() });
        Known { evidence, services, ..Known::default() }
    }

    const OUT: Option<Trouble> = Some(Trouble::Unreachable);

    #[test]
    fn nothing_that_is_reached_means_our_own_network() {
        let services = || vec![service("a", false, OUT), service("b", false, OUT)];
        for known in [
            known(Cause::DnsFailure, Some(NameFault::NoAnswer), services()),
            known(Cause::Unreachable, None, services()),
        ] {
            let finding = explains(&known.situation()).expect("found");
            assert_eq!(finding.layer, Some(Layer::Local));
            assert!(finding.why.starts_with("None of the 2 hosts"), "{}", finding.why);
        }
    }

    #[test]
    fn it_is_silent_while_anything_speaks_for_the_network() {
        for (cause, fault, services) in [
            (Cause::Unreachable, None, vec![service("a", false, OUT)]),
            (Cause::Unreachable, None, vec![service("a", false, OUT), service("a", false, OUT)]),
            (Cause::Unreachable, None, vec![service("a", false, OUT), service("b", true, None)]),
            (Cause::Unreachable, None, vec![service("a", false, OUT), service("b", false, None)]),
            (Cause::DnsFailure, Some(NameFault::NoSuchName), vec![service("a", false, OUT), service("b", false, OUT)]),
            (Cause::ConnectionRefused, None, vec![service("a", false, OUT), service("b", false, OUT)]),
        ] {
            assert_eq!(explains(&known(cause, fault, services).situation()), None);
        }
    }
}
