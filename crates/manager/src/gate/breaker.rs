//! A host's circuit breaker: the evidence for and against the host, and when it is probed while it fails. Pure, told the
//! time.

use std::{sync::Arc, time::Duration};

use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::{
    probing::Probing,
    ticket::{Standing, Ticket},
};
use crate::failure::{Failure, HostEvidence};

/// How long a success speaks for the host.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// When a host goes, its sessions end one after the other, as fast as they notice. For this long after each end,
/// those that are left prove nothing.
const SETTLING: Duration = Duration::from_millis(250);

/// Sessions that go on ending for longer than this are no sign of a host that goes.
const LONGEST_SETTLING: Duration = Duration::from_secs(3);

/// An attempt that found the host failing.
pub(super) struct FailedAttempt<'a> {
    pub(super) ticket: Ticket,
    pub(super) endpoint: u64,
    pub(super) why: &'a Arc<Failure>,
    /// How long the host asks not to be tried.
    pub(super) not_before: Duration,
}

/// The last success, or end of a session.
struct SignOfLife {
    at: Instant,
    /// Whether an endpoint that had worked has found the host failing since, or the session was cut.
    refuted: bool,
}

/// Sessions that ended one after the other.
struct Losses {
    began: Instant,
    latest: Instant,
}

/// Failures that count against the host, with no answer from it in between.
#[derive(Default)]
struct FailuresInARow {
    latest: Option<u64>,
    /// Whether they are of two endpoints or more; one alone proves nothing.
    of_several: bool,
}

/// What an open breaker knows.
pub(super) struct Open {
    pub(super) why: Arc<Failure>,
    /// Probes by endpoints that speak for all.
    pub(super) for_all: Probing,
    /// Probes by failing endpoints, which speak only for themselves: one that hangs must not keep the others from
    /// probing.
    pub(super) for_themselves: Probing,
    /// Whether the next probe is for whoever has waited longest, rather than for an endpoint that has worked.
    pub(super) oldest_first: bool,
}

impl Open {
    fn probing(&mut self, standing: Standing) -> &mut Probing {
        match standing {
            Standing::Working | Standing::Unknown => &mut self.for_all,
            Standing::Failing => &mut self.for_themselves,
        }
    }
}

/// The breaker. It is half-open whenever a probe is under way.
#[derive(Default)]
pub(super) struct Breaker {
    sessions: usize,
    successes: u64,
    sign_of_life: Option<SignOfLife>,
    losses: Option<Losses>,
    in_a_row: FailuresInARow,
    open: Option<Open>,
}

impl Breaker {
    pub(super) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// How many attempts have succeeded.
    pub(super) fn successes(&self) -> u64 {
        self.successes
    }

    /// An attempt succeeded, and its session began.
    pub(super) fn connected(&mut self, now: Instant) {
        self.sessions += 1;
        self.successes += 1;
        self.sign_of_life = Some(SignOfLife { at: now, refuted: false });
        self.answered();
    }

    /// The host answered an attempt, if only with a refusal.
    pub(super) fn answered(&mut self) {
        self.in_a_row = FailuresInARow::default();
        self.open = None;
    }

    /// A session ended, and its end says something of the host, or nothing.
    pub(super) fn session_ended(&mut self, evidence: HostEvidence, now: Instant) {
        self.sessions -= 1;
        self.sign_of_life = Some(SignOfLife { at: now, refuted: evidence == HostEvidence::Fails });
        if evidence == HostEvidence::Nothing {
            return;
        }
        match &mut self.losses {
            Some(losses) if now < losses.latest + SETTLING => losses.latest = now,
            _ => self.losses = Some(Losses { began: now, latest: now }),
        }
    }

    /// An attempt found the host failing, while that many wait; how its endpoint stands then.
    pub(super) fn failed(
        &mut self,
        attempt: &FailedAttempt<'_>,
        waiting: usize,
        now: Instant,
        rng: &mut SmallRng,
    ) -> Standing {
        let &FailedAttempt { ticket, endpoint, why, not_before } = attempt;
        let standing = ticket.standing;
        if let Some(open) = &mut self.open {
            if standing != Standing::Failing {
                open.why = Arc::clone(why);
            }
            let probing = open.probing(standing);
            if probing.is(ticket) {
                probing.failed(waiting, not_before, now, rng);
            }
            return standing.max(Standing::Unknown);
        }
        if !self.counts(standing, now) {
            if self.sessions > 0 {
                self.in_a_row = FailuresInARow::default();
            }
            return Standing::Failing;
        }
        if standing == Standing::Working
            && let Some(sign) = &mut self.sign_of_life
        {
            sign.refuted = true;
        }
        let before = self.in_a_row.latest.replace(endpoint);
        self.in_a_row.of_several |= before.is_some_and(|before| before != endpoint);
        if self.in_a_row.of_several && self.sessions == 0 {
            let for_all = Probing::begin(waiting, not_before, now, rng);
            let for_themselves = Probing::begin(waiting, Duration::ZERO, now, rng);
            self.open = Some(Open { why: Arc::clone(why), for_all, for_themselves, oldest_first: false });
        }
        standing.max(Standing::Unknown)
    }

    /// Whether an endpoint's failure counts against the host.
    fn counts(&self, standing: Standing, now: Instant) -> bool {
        if standing != Standing::Failing && self.settled_at().is_some_and(|at| now < at) {
            return true;
        }
        if self.sessions > 0 {
            return false;
        }
        let Some(sign) = &self.sign_of_life else { return true };
        let is_old = now >= sign.at + SIGN_OF_LIFE;
        match standing {
            Standing::Working => true,
            Standing::Unknown => sign.refuted || is_old,
            Standing::Failing => is_old,
        }
    }

    fn settled_at(&self) -> Option<Instant> {
        self.losses.as_ref().map(|losses| (losses.latest + SETTLING).min(losses.began + LONGEST_SETTLING))
    }

    /// Until when nobody is admitted, because the host seems to go and its sessions have yet to tell.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.settled_at().filter(|_| self.in_a_row.of_several)
    }

    /// A probe began.
    pub(super) fn probe_began(&mut self, ticket: Ticket) {
        if let Some(open) = &mut self.open {
            open.oldest_first ^= ticket.standing != Standing::Failing;
            open.probing(ticket.standing).began(ticket);
        }
    }

    /// An attempt ended, whatever came of it.
    pub(super) fn attempt_ended(&mut self, ticket: Ticket) {
        if let Some(open) = &mut self.open {
            open.probing(ticket.standing).ended(ticket);
        }
    }
}
