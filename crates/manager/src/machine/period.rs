//! As what the connection's availability counts the present.

use wsmon_model::{GapReason, PeriodKind, Phase, Transition};

use super::{Activity, AfterClose, Machine, Report};

impl Machine {
    /// As what it counts now. A session that is being closed counts as what it is closed for.
    pub(crate) fn period(&self) -> PeriodKind {
        match (&self.activity, self.state.phase) {
            (Activity::Ended | Activity::Closing(AfterClose::End), _) => PeriodKind::Unknown,
            (Activity::Closing(AfterClose::Off(_)), _) => PeriodKind::Off,
            (Activity::Closing(AfterClose::Reopen(_) | AfterClose::Rotate), _) => PeriodKind::Down,
            (_, phase) => period_of(phase),
        }
    }

    /// What a step that began at `before` changes in what it counts as; none if nothing. A failure while it is down may say
    /// why it has not been open yet.
    pub(crate) fn transition(&self, before: PeriodKind, report: Option<&Report>, at_ms: i64) -> Option<Transition> {
        let to = self.period();
        let why = match (report, &self.activity) {
            (Some(Report::Down(down)), _) => Some(GapReason::Failure(down.failure.cause())),
            (Some(Report::ClosesToRotate { .. }), _) => Some(GapReason::ClosedToRotate),
            (_, Activity::Closing(AfterClose::Reopen(_))) => Some(GapReason::OptionsChanged),
            _ => None,
        };
        let why = why.filter(|_| to == PeriodKind::Down);
        (to != before || why.is_some()).then_some(Transition { at_ms, to, why })
    }
}

/// As what a phase counts.
pub(crate) fn period_of(phase: Phase) -> PeriodKind {
    match phase {
        Phase::Connected => PeriodKind::Up,
        Phase::Connecting | Phase::Waiting | Phase::Blocked => PeriodKind::Down,
        Phase::Off => PeriodKind::Off,
    }
}
