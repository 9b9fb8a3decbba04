//! What is under way beside a session in a machine's surroundings.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{UnderWay, World, promises::is_nothing};
use crate::{
    failure::Failure,
    machine::{Beside, BesideInput, Input},
    policy::{STABLE_AFTER, refuses_second},
};

/// What is under way beside a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BesideWay {
    Nothing,
    Wait {
        until: Instant,
    },
    Admission,
    /// Between the gate's leave and the attempt that it is for.
    Permit,
    Attempt,
    /// Between the new session and the close of the old one.
    Old,
    CloseOld,
}

impl World {
    /// What is under way beside the session ends.
    pub(super) fn end_beside(&mut self, why: Option<Failure>) {
        let input = match (self.beside, why) {
            (BesideWay::Nothing | BesideWay::Permit | BesideWay::Old, _) => return,
            (BesideWay::Wait { .. }, _) => BesideInput::WaitOver,
            (BesideWay::Admission, _) => BesideInput::Admitted,
            (BesideWay::Attempt, None) => opened(),
            (BesideWay::Attempt, Some(why)) => failed(why),
            (BesideWay::CloseOld, _) => BesideInput::OldClosed,
        };
        self.put(Input::Beside(input));
    }

    /// The end of what is not under way beside the session changes nothing.
    pub(super) fn late_beside(&mut self) {
        let beside = self.beside;
        for (is_due, input) in [
            (matches!(beside, BesideWay::Wait { .. }), BesideInput::WaitOver),
            (beside == BesideWay::Admission, BesideInput::Admitted),
            (beside == BesideWay::Attempt, opened()),
            (beside == BesideWay::Attempt, failed(Failure::Lost { errno: None })),
            (beside == BesideWay::CloseOld, BesideInput::OldClosed),
        ] {
            if !is_due {
                let before = self.state().clone();
                let effects = self.machine.step(Input::Beside(input), self.now, &mut self.rng);
                assert!(is_nothing(&effects) && *self.state() == before, "{effects:?} beside {beside:?}");
            }
        }
    }

    /// What an input leaves under way.
    pub(super) fn beside_has(&mut self, input: &BesideInput, under_way: UnderWay) -> UnderWay {
        self.beside = match input {
            BesideInput::Admitted => BesideWay::Permit,
            BesideInput::Opened { .. } => BesideWay::Old,
            BesideInput::WaitOver | BesideInput::AttemptFailed { .. } | BesideInput::OldClosed => BesideWay::Nothing,
        };
        match input {
            BesideInput::Opened { .. } => UnderWay::Session { since: self.now.instant },
            _ => under_way,
        }
    }

    /// Counts what an input says, as it should be reported.
    pub(super) fn expect_beside(&mut self, input: &BesideInput) {
        match (input, self.under_way) {
            (BesideInput::Opened { .. }, UnderWay::Session { since }) => {
                self.put_in.rotated += 1;
                self.refusals = 0;
                if self.now.instant - since >= STABLE_AFTER {
                    self.failures = 0;
                }
            }
            (BesideInput::AttemptFailed { failure: why, .. }, _) => {
                self.put_in.not_rotated += 1;
                self.refusals = if refuses_second(why) { self.refusals + 1 } else { 0 };
            }
            _ => {}
        }
    }

    /// Begins something beside the session, which gives up what was under way there; never a second session.
    pub(super) fn begin_beside(&mut self, beside: Beside) {
        assert!(self.is_open(), "{beside:?} beside {:?}", self.under_way);
        let before = self.beside;
        self.beside = match (beside, before) {
            (Beside::Attempt, BesideWay::Permit) => BesideWay::Attempt,
            (Beside::CloseOld, BesideWay::Old) => {
                assert_eq!(self.state().since, self.now.wall, "since when it is connected");
                BesideWay::CloseOld
            }
            (Beside::Wait { until }, BesideWay::Nothing) => {
                assert!(until >= self.now.instant);
                assert!(self.refusals < 2 || !self.state().auto_reconnect, "it closes the old session first");
                BesideWay::Wait { until }
            }
            (Beside::Admission, BesideWay::Nothing) => BesideWay::Admission,
            _ => panic!("{beside:?} in place of {before:?}"),
        };
    }

    /// Whether something is under way beside the session if the options want one to take its place.
    pub(super) fn rotates_as_wanted(&self) -> bool {
        let is_under_way = !matches!(self.beside, BesideWay::Nothing | BesideWay::Permit | BesideWay::Old);
        is_under_way == self.state().options.rotation().is_some()
    }

    /// All goes well from now on: a session takes the place of an open one, and then there is one.
    pub(super) fn rotate(&mut self) {
        if !self.is_open() || self.state().options.rotation().is_none() {
            return;
        }
        let rotated = |world: &Self| world.reported.rotated + world.reported.closed;
        let before = rotated(self);
        // At most: an old session is closed, a wait, the gate and an attempt; or instead of that, a close and all anew.
        for _ in 0..9 {
            if self.is_open() && matches!(self.beside, BesideWay::Wait { .. }) && rotated(self) > before {
                return;
            }
            if self.is_open() { self.end_beside(None) } else { self.end(None) }
        }
        panic!("{:?} beside {:?}", self.beside, self.under_way);
    }
}

fn opened() -> BesideInput {
    BesideInput::Opened { attempt: None, took: Duration::ZERO }
}

fn failed(why: Failure) -> BesideInput {
    BesideInput::AttemptFailed { attempt: None, failure: Arc::new(why) }
}
