//! Any order of evidence for and against a host, told to its breaker.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};

use super::*;
use crate::gate::breaker::Breaker;

/// How long an end of a session casts doubt on the sessions that are left.
const DOUBT: Duration = Duration::from_millis(250);

#[derive(Clone, Debug)]
enum Happening {
    Connects,
    /// The host answers an attempt with a refusal.
    Answers,
    Fails {
        endpoint: u64,
        standing: Standing,
    },
    SessionEnds(HostEvidence),
    Passes(Duration),
}

fn happening() -> impl Strategy<Value = Happening> {
    let standing = || select(vec![Standing::Working, Standing::Unknown, Standing::Failing]);
    let evidence = select(vec![HostEvidence::Fails, HostEvidence::Answers, HostEvidence::Nothing]);
    let ms = prop_oneof![0_u64..400, 0_u64..40_000];
    prop_oneof![
        2 => Just(Happening::Connects),
        1 => Just(Happening::Answers),
        6 => (0_u64..4, standing()).prop_map(|(endpoint, standing)| Happening::Fails { endpoint, standing }),
        3 => evidence.prop_map(Happening::SessionEnds),
        3 => ms.prop_map(|ms| Happening::Passes(Duration::from_millis(ms))),
    ]
}

/// What has happened to a host, as far as its breaker may go by it.
struct History {
    now: Instant,
    sessions: usize,
    /// The last success, or orderly end of a session, that no endpoint which had worked has refuted.
    unrefuted: Option<Instant>,
    /// The last end of a session that casts doubt on the others.
    loss: Option<Instant>,
    /// Who has failed since the host last answered.
    failed: BTreeSet<u64>,
}

impl History {
    /// Whether the host may be taken for failing, when an endpoint of this standing has just failed.
    fn may_fail(&self, standing: Standing) -> bool {
        let is_doubtful = standing != Standing::Failing && self.loss.is_some_and(|loss| self.now < loss + DOUBT);
        let speaks_for_it = self.unrefuted.is_some_and(|at| self.now < at + SIGN_OF_LIFE);
        self.sessions == 0 && self.failed.len() >= 2 && (is_doubtful || !speaks_for_it)
    }

    fn note(&mut self, happening: &Happening) {
        match happening {
            Happening::Connects => {
                self.sessions += 1;
                self.unrefuted = Some(self.now);
                self.failed.clear();
            }
            Happening::Answers => self.failed.clear(),
            Happening::Fails { endpoint, standing } => {
                self.failed.insert(*endpoint);
                if *standing == Standing::Working && self.sessions == 0 {
                    self.unrefuted = None;
                }
            }
            Happening::SessionEnds(evidence) => {
                self.sessions -= 1;
                self.unrefuted = (*evidence != HostEvidence::Fails).then_some(self.now);
                if *evidence != HostEvidence::Nothing {
                    self.loss = Some(self.now);
                }
            }
            Happening::Passes(time) => self.now += *time,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The breaker opens only when an endpoint fails, two have failed since the host last answered, no session is
    /// open, and no success of the last 30 s speaks for the host. A success or an answer closes it, and nothing else.
    #[test]
    fn a_breaker_opens_only_on_evidence_and_an_answer_closes_it(
        happenings in prop::collection::vec(happening(), 0..80), seed in any::<u64>(),
    ) {
        let (mut breaker, mut rng, why) = (Breaker::default(), SmallRng::seed_from_u64(seed), refused());
        let now = Instant::now();
        let mut history = History { now, sessions: 0, unrefuted: None, loss: None, failed: BTreeSet::new() };
        for (number, happening) in (0..).zip(happenings) {
            if history.sessions == 0 && matches!(happening, Happening::SessionEnds(_)) {
                continue;
            }
            let was_open = breaker.open().is_some();
            history.note(&happening);
            match happening {
                Happening::Connects => breaker.connected(history.now),
                Happening::Answers => breaker.answered(),
                Happening::Fails { endpoint, standing } => {
                    let ticket = Ticket { standing, number };
                    let attempt = FailedAttempt { ticket, endpoint, why: &why, not_before: Duration::ZERO };
                    breaker.failed(&attempt, 1, history.now, &mut rng);
                    prop_assert!(was_open || breaker.open().is_none() || history.may_fail(standing));
                }
                Happening::SessionEnds(evidence) => breaker.session_ended(evidence, history.now),
                Happening::Passes(_) => {}
            }
            let is_answer = matches!(happening, Happening::Connects | Happening::Answers);
            let is_failure = matches!(happening, Happening::Fails { .. });
            prop_assert!(!is_answer || breaker.open().is_none());
            prop_assert!(is_answer || is_failure || was_open == breaker.open().is_some());
            prop_assert!(!is_failure || !was_open || breaker.open().is_some());
        }
    }
}
