//! What follows a failure.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tracing::info;
use wsmon_model::{Event, EventKind, Phase};

use super::ConnectionTask;
use crate::{
    failure::Failure,
    gate::{AfterFailure, Permit},
    policy::{STABLE_AFTER, Verdict, judge},
    state::NextRetry,
};

impl ConnectionTask {
    /// Tells the gate of a failed attempt.
    pub(super) fn attempt_failed(&mut self, failure: Failure, permit: Permit) {
        self.shared.counts.count_failure();
        let failure = Arc::new(failure);
        let not_before = match judge(&failure, self.state.borrow().options.rules()) {
            Verdict::NotBefore(wait) => wait,
            _ => Duration::ZERO,
        };
        let AfterFailure { standing, waits_for_probe } =
            self.upstream.gate.failed(permit, self.number, &failure, not_before);
        self.standing = standing;
        self.fail(failure, Duration::ZERO, waits_for_probe);
    }

    /// Records a failure and schedules what follows. `held` is how long the connection was open, and
    /// `at_gate` whether the host fails, so that its next probe speaks for this connection too.
    pub(super) fn fail(&mut self, failure: Arc<Failure>, held: Duration, at_gate: bool) {
        let was_open = self.phase() == Phase::Connected;
        if was_open {
            self.shared.counts.count_end(Some(failure.cause()));
        }
        let attempt = if held >= STABLE_AFTER { 1 } else { self.state.borrow().attempt.saturating_add(1) };
        let verdict = judge(&failure, self.state.borrow().options.rules());
        let delay = verdict.delay(attempt, &self.config.backoff, &mut self.rng);
        let delay = delay.filter(|_| self.state.borrow().auto_reconnect);
        let (phase, next_retry) = match (&verdict, delay) {
            (_, None) => (Phase::Off, None),
            (Verdict::Backoff, Some(_)) if at_gate => (Phase::Waiting, Some(NextRetry::AtGate)),
            (Verdict::Blocked, Some(delay)) => {
                self.renewal.not_before = Instant::now() + self.config.backoff.delay(attempt, &mut self.rng);
                (Phase::Blocked, Some(NextRetry::At(Instant::now() + delay)))
            }
            (_, Some(delay)) => (Phase::Waiting, Some(NextRetry::At(Instant::now() + delay))),
        };
        info!(
            endpoint = %self.endpoint, cause = failure.cause().as_str(), close_code = failure.close_code(), attempt,
            retry_in_ms = delay.filter(|_| !at_gate).map(|delay| delay.as_millis()), reason = %failure, "not connected",
        );
        self.events.publish(Event {
            cause: Some(failure.cause()),
            close_code: failure.close_code(),
            attempt,
            text: failure.to_string(),
            ..self.event(match phase {
                Phase::Blocked => EventKind::Blocked,
                _ if was_open => EventKind::Disconnected,
                _ => EventKind::AttemptFailed,
            })
        });
        self.enter(phase, |state| {
            state.attempt = attempt;
            state.next_retry = next_retry;
            state.failure = Some(failure);
        });
    }
}
