//! How another session takes the place of one that has grown old: a new one is opened beside it, and then it is closed.
//! Where a service refuses a second one, it is closed first.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tokio::time::Instant;
use wsmon_model::{Attempt, Evidence};

use super::{Activity, AfterClose, Beside, BesideInput, Effects, Machine, Now, Report, Rotation, beside::Step};
use crate::{
    failure::Failure,
    frame::CloseCode,
    policy::{BLOCKED_RETRY, STABLE_AFTER, Verdict, judge, refuses_second},
};

/// So many refusals in a row mean that a service takes no second connection.
const REFUSALS: u8 = 2;

/// The least time between two attempts. There is no hurry, and what passes within that time is no refusal.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Machine {
    /// What happens beside the session that was opened at `opened`.
    pub(super) fn rotate(&mut self, input: BesideInput, opened: Instant, now: Now, rng: &mut impl Rng) -> Effects {
        match (input, &self.rotation.under_way) {
            (BesideInput::WaitOver, Step::Wait) => self.begin_rotation(opened, now, rng),
            (BesideInput::Admitted, Step::Admission) if self.closes_first() => self.close_to_rotate(None),
            (BesideInput::Admitted, Step::Admission) => self.beside(Step::Attempt, Beside::Attempt),
            (BesideInput::Opened { attempt, took }, Step::Attempt) => self.rotated(attempt, took, opened, now),
            (BesideInput::AttemptFailed { attempt, failure }, Step::Attempt) => {
                let attempt = attempt.as_deref().copied();
                let evidence = Box::new(Evidence { attempt, ..failure.evidence() });
                self.not_rotated(&failure, evidence, now, rng)
            }
            (BesideInput::OldClosed, Step::CloseOld) => {
                let beside = self.rotate_later(opened, now, rng);
                Effects { beside, ..Effects::default() }
            }
            _ => Effects::default(),
        }
    }

    /// Waits until the session is old enough, if it is to be replaced at all.
    pub(super) fn rotate_later(&mut self, opened: Instant, now: Now, rng: &mut impl Rng) -> Option<Beside> {
        let closes_first = self.rotation.closes_first;
        self.rotation = Rotation { closes_first, ..Rotation::default() };
        let plan = self.state.options.rotation()?;
        self.rotation.under_way = Step::Wait;
        Some(Beside::Wait { until: now.instant + plan.wait(now.instant - opened, now.wall, rng) })
    }

    fn begin_rotation(&mut self, opened: Instant, now: Now, rng: &mut impl Rng) -> Effects {
        let may_be_now = self.state.options.rotation().is_some_and(|plan| plan.allows(now.wall));
        if may_be_now {
            return self.beside(Step::Admission, Beside::Admission);
        }
        // The clock on the wall was set, or the window has closed since the last attempt.
        let beside = self.rotate_later(opened, now, rng);
        Effects { beside, ..Effects::default() }
    }

    fn beside(&mut self, step: Step, beside: Beside) -> Effects {
        self.rotation.under_way = step;
        Effects { beside: Some(beside), ..Effects::default() }
    }

    /// The new session has taken the old one's place.
    fn rotated(&mut self, attempt: Option<Arc<Attempt>>, took: Duration, opened: Instant, now: Now) -> Effects {
        if now.instant - opened >= STABLE_AFTER {
            self.state.attempt = 0;
        }
        self.state.last_attempt = attempt;
        self.state.since = now.wall;
        self.activity = Activity::Session { opened: now.instant };
        let report = Some(Report::Rotated { took });
        Effects { report, ..self.beside(Step::CloseOld, Beside::CloseOld) }
    }

    /// The old session lives on. Whatever the failure says, it is tried again: that costs nobody anything.
    fn not_rotated(&mut self, failure: &Failure, evidence: Box<Evidence>, now: Now, rng: &mut impl Rng) -> Effects {
        let refusals = if refuses_second(failure) { self.rotation.refusals.saturating_add(1) } else { 0 };
        let is_refused = refusals >= REFUSALS;
        self.rotation.closes_first |= is_refused;
        if is_refused && self.closes_first() {
            return self.close_to_rotate(Some(evidence));
        }
        let failures = self.rotation.failures.saturating_add(1);
        (self.rotation.failures, self.rotation.refusals) = (failures, refusals);
        let verdict = match judge(failure, self.state.options.rules()) {
            // It is to turn out soon.
            Verdict::Blocked if refusals > 0 => Verdict::Backoff,
            verdict => verdict,
        };
        let retry_in = verdict.delay(failures.into(), &self.backoff, rng).unwrap_or(BLOCKED_RETRY).max(RETRY_AFTER);
        let report = Some(Report::RotationFailed { evidence, attempt: failures.into(), retry_in });
        Effects { report, ..self.beside(Step::Wait, Beside::Wait { until: now.instant + retry_in }) }
    }

    /// Whether the session is to be closed before a new one is opened. Never if what fails then would not be tried again.
    fn closes_first(&self) -> bool {
        self.rotation.closes_first && self.state.auto_reconnect
    }

    /// Closes the session so that a new one can be opened; `refusal` if it has just turned out that this is necessary.
    fn close_to_rotate(&mut self, refusal: Option<Box<Evidence>>) -> Effects {
        let report = Some(Report::ClosesToRotate { refusal });
        Effects { report, ..self.close(CloseCode::Normal, AfterClose::Rotate) }
    }
}
