//! What follows a failure.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use wsmon_model::{EventKind, Phase};

use super::{Activity, Down, Effects, Machine, Now, Report, Work};
use crate::{
    failure::Failure,
    gate::Lane,
    policy::{STABLE_AFTER, Verdict, judge},
    state::NextRetry,
};

impl Machine {
    /// Records a failure and schedules what follows. `waits_for_probe`: the host fails, so that its next probe speaks for
    /// this connection too.
    pub(super) fn fail(
        &mut self,
        failure: Arc<Failure>,
        waits_for_probe: bool,
        now: Now,
        rng: &mut impl Rng,
    ) -> Effects {
        let was_open = self.state.phase == Phase::Connected;
        let held = match self.activity {
            Activity::Session { opened } => now.instant - opened,
            _ => Duration::ZERO,
        };
        let attempt = if held >= STABLE_AFTER { 1 } else { self.state.attempt.saturating_add(1) };
        let verdict = judge(&failure, self.state.options.rules());
        let delay = verdict.delay(attempt, &self.backoff, rng).filter(|_| self.state.auto_reconnect);
        self.enter(if verdict == Verdict::Blocked { Phase::Blocked } else { Phase::Waiting }, now);
        let work = match delay {
            None => {
                self.state.phase = Phase::Off;
                self.idle()
            }
            Some(_) if verdict == Verdict::Backoff && waits_for_probe => {
                self.state.next_retry = Some(NextRetry::AtGate);
                self.admission(Lane::Queue)
            }
            Some(delay) => {
                let renews = verdict == Verdict::Blocked && failure.is_common();
                // Not at once each time: it may be the connection's own options that do not fit the certificate.
                let renewal = renews.then(|| now.instant + self.backoff.delay(attempt, rng));
                let until = now.instant + delay;
                self.state.next_retry = Some(NextRetry::At(until));
                self.activity = Activity::Wait;
                Some(Work::Wait { until, renewal })
            }
        };
        self.state.attempt = attempt;
        self.state.failure = Some(Arc::clone(&failure));
        let kind = match self.state.phase {
            Phase::Blocked => EventKind::Blocked,
            _ if was_open => EventKind::Disconnected,
            _ => EventKind::AttemptFailed,
        };
        let retry_in = delay.filter(|_| self.state.next_retry != Some(NextRetry::AtGate));
        let report = Some(Report::Down(Down { kind, failure, was_open, attempt, retry_in }));
        Effects { report, work, ..Effects::default() }
    }
}
