//! From transitions, as they were written down, to periods.

use super::{Period, PeriodKind, Transition};

/// How far a clock is set back at most without what was noted before being doubted, in milliseconds.
const SMALL_STEP_MS: i64 = 60_000;

/// An endpoint's periods up to a moment, in order and without a hole after the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    periods: Vec<Period>,
    now_ms: i64,
}

impl History {
    /// Makes periods of transitions, in the order in which they were written down.
    ///
    /// That order is what happened; times may contradict it, as people set clocks. Such a time counts as follows:
    ///
    /// - a minute or less before the one before it: as that one, so that a period has no negative length;
    /// - before all that is known: as the one before it as well, as the clock had not been set yet;
    /// - else the clock had been ahead, and what it noted there counts no longer.
    ///
    /// What lies after `now_ms` counts as now.
    pub fn new(transitions: impl IntoIterator<Item = Transition>, now_ms: i64) -> Self {
        let mut noted = Vec::<Transition>::new();
        for mut transition in transitions {
            if let (Some(first), Some(last)) = (noted.first(), noted.last()) {
                let back_ms = last.at_ms.saturating_sub(transition.at_ms);
                if (1..=SMALL_STEP_MS).contains(&back_ms) || transition.at_ms < first.at_ms {
                    transition.at_ms = last.at_ms;
                }
                while noted.last().is_some_and(|last| last.at_ms > transition.at_ms) {
                    noted.pop();
                }
            }
            add(&mut noted, transition);
        }
        let ends = noted.iter().skip(1).map(|next| next.at_ms).chain([now_ms]);
        let period = |(transition, to_ms): (&Transition, i64)| Period {
            kind: transition.to,
            from_ms: transition.at_ms.min(now_ms),
            to_ms: to_ms.min(now_ms),
            why: transition.why,
        };
        Self { periods: noted.iter().zip(ends).map(period).collect(), now_ms }
    }

    /// The periods in order. Each begins where the one before it ends, and the last one lasts.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Until when it tells.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }
}

/// Adds a transition, unless the last one leads to the same: then it may only tell why.
fn add(noted: &mut Vec<Transition>, transition: Transition) {
    match noted.last_mut() {
        Some(last) if last.to == transition.to => {
            if transition.to == PeriodKind::Down {
                last.why = last.why.or(transition.why);
            }
        }
        _ => noted.push(transition),
    }
}
