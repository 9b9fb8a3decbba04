//! The gate that attempts pass on their way to a host: a circuit breaker for each host, and pacing.
//!
//! Jitter alone makes a storm worse: ten thousand connections that drop at once and each try again
//! within half a second are a flood to a host that has just come back. So while a host fails, one
//! probe at a time speaks for all its endpoints, and once it is back they are admitted at a set pace.
//! But an endpoint that fails while the host works for others speaks only for itself.

mod breaker;
mod config;
mod lanes;
mod probing;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod tests;
mod ticket;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};

pub use self::config::GateConfig;
use self::{
    breaker::FailedAttempt,
    lanes::{HostId, Lanes},
    ticket::Ticket,
};
pub(super) use self::{
    lanes::OpenBreaker,
    ticket::{Lane, Standing},
};
use super::failure::{Failure, HostEvidence};

struct Inner {
    lanes: Mutex<State>,
    /// Something may have changed about when the next one is admitted.
    changed: Notify,
}

struct State {
    lanes: Lanes<oneshot::Sender<Permit>>,
    /// Whether a task waits for the next time somebody can be admitted.
    driven: bool,
}

/// The gate. Cheap to clone.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

/// The way to one host.
#[derive(Clone)]
pub(super) struct HostGate {
    gate: Gate,
    host: HostId,
    succeeded: Arc<Notify>,
}

/// An open session, which speaks for its host. Ended when dropped.
pub(super) struct LiveSession {
    gate: Gate,
    host: HostId,
    /// What its end says of the host.
    evidence: HostEvidence,
}

/// What an attempt's failure means for its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AfterFailure {
    pub(super) standing: Standing,
    /// Whether the host fails, so that its next probe speaks for this endpoint too.
    pub(super) waits_for_probe: bool,
}

/// One attempt's leave to dial. Given back when dropped.
pub(super) struct Permit {
    gate: Gate,
    host: HostId,
    ticket: Ticket,
}

/// A place in a lane. Given up when dropped.
struct Place<'a> {
    gate: &'a HostGate,
    ticket: Ticket,
}

impl Gate {
    /// A gate whose jitter starts at `seed`.
    pub(super) fn new(config: &GateConfig, seed: u64) -> Self {
        let lanes = Lanes::new(config, SmallRng::seed_from_u64(seed));
        Self(Arc::new(Inner { lanes: Mutex::new(State { lanes, driven: false }), changed: Notify::new() }))
    }

    /// The way to a host.
    pub(super) fn host(&self) -> HostGate {
        HostGate { gate: self.clone(), host: self.lock().lanes.add_host(), succeeded: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits whoever may be admitted now; sees to it that the next one is when the time has come.
    fn advance(&self) {
        let next = self.admit_all();
        if next.is_none() {
            return;
        }
        let mut state = self.lock();
        if state.driven {
            drop(state);
            self.0.changed.notify_one();
            return;
        }
        state.driven = true;
        drop(state);
        tokio::spawn(self.clone().drive());
    }

    /// Admits whoever may be admitted now, and tells when the next one may be.
    fn admit_all(&self) -> Option<Instant> {
        loop {
            let now = Instant::now();
            let mut state = self.lock();
            let Some((host, ticket, waiter)) = state.lanes.admit(now) else {
                return state.lanes.next_admission(now);
            };
            drop(state);
            // Whoever has stopped waiting gives the permit back by dropping it, outside the lock.
            let _ = waiter.send(Permit { gate: self.clone(), host, ticket });
        }
    }

    /// Admits at the times that come, until only an attempt's end or a newcomer can change anything;
    /// either of them comes by here again.
    async fn drive(self) {
        loop {
            let changed = self.0.changed.notified();
            match self.admit_all() {
                Some(at) => {
                    tokio::select! { () = sleep_until(at) => {} () = changed => {} }
                }
                None => {
                    let mut state = self.lock();
                    if state.lanes.next_admission(Instant::now()).is_none() {
                        state.driven = false;
                        return;
                    }
                }
            }
        }
    }
}

impl HostGate {
    /// Waits for leave to dial. Cancel safe: whoever stops waiting leaves the lane.
    pub(super) async fn admit(&self, lane: Lane, standing: Standing) -> Permit {
        loop {
            let (sender, admitted) = oneshot::channel();
            let ticket = self.gate.lock().lanes.enter(self.host, lane, standing, sender);
            let _place = Place { gate: self, ticket };
            self.gate.advance();
            // The sender is dropped unsent only if the gate's own task was, with its runtime.
            if let Ok(permit) = admitted.await {
                return permit;
            }
        }
    }

    /// Why the host's endpoints wait, and for what; none while it does not fail.
    pub(super) fn open_breaker(&self) -> Option<OpenBreaker> {
        self.gate.lock().lanes.open_breaker(self.host)
    }

    /// How many attempts at the host have succeeded so far.
    pub(super) fn successes(&self) -> u64 {
        self.gate.lock().lanes.successes(self.host)
    }

    /// Waits until more attempts have succeeded than that.
    pub(super) async fn success_after(&self, seen: u64) {
        loop {
            let succeeded = self.succeeded.notified();
            if self.successes() > seen {
                return;
            }
            succeeded.await;
        }
    }

    /// An attempt succeeded: its session begins.
    pub(super) fn connected(&self, permit: Permit) -> LiveSession {
        self.gate.lock().lanes.connected(self.host, Instant::now());
        self.succeeded.notify_waiters();
        // Whoever waited for the host can be admitted now; giving the permit back sees to that.
        drop(permit);
        LiveSession { gate: self.gate.clone(), host: self.host, evidence: HostEvidence::Nothing }
    }

    /// An endpoint's attempt failed, and is not to be repeated before a time has gone by.
    pub(super) fn failed(
        &self,
        permit: Permit,
        endpoint: u64,
        why: &Arc<Failure>,
        not_before: Duration,
    ) -> AfterFailure {
        let ticket = permit.ticket;
        let mut state = self.gate.lock();
        let (standing, waits_for_probe) = match why.of_host() {
            HostEvidence::Nothing => (ticket.standing, false),
            HostEvidence::Answers => {
                state.lanes.answered(self.host);
                (Standing::Unknown, false)
            }
            HostEvidence::Fails => {
                let attempt = FailedAttempt { ticket, endpoint, why, not_before };
                state.lanes.failed(self.host, &attempt, Instant::now())
            }
        };
        drop(state);
        drop(permit);
        AfterFailure { standing, waits_for_probe }
    }
}

impl LiveSession {
    /// The session ended by itself, not on an administrator's word.
    pub(super) fn end(mut self, why: &Failure) {
        self.evidence = why.of_host();
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.gate.lock().lanes.session_ended(self.host, self.evidence, Instant::now());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.lock().lanes.ended(self.host, self.ticket);
        self.gate.advance();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.gate.lock().lanes.leave(self.gate.host, self.ticket);
    }
}
