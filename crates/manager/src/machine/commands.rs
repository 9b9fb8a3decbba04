//! What commands change.

use std::sync::Arc;

use wsmon_model::Phase;

use super::{Activity, AfterClose, Answer, Effects, Machine, Now, Report};
use crate::{
    command::{Ack, Change, Command},
    frame::CloseCode,
    gate::Lane,
    state::NextRetry,
};

impl Machine {
    pub(super) fn command(&mut self, command: Command, now: Now) -> Effects {
        match command {
            Command::Connect { change, done } => {
                let anew = self.apply(change);
                self.state.on = true;
                self.connect(anew, done, now)
            }
            Command::Change { change, done } => self.change(change, done, now),
            Command::Disconnect { done } => self.disconnect(done, now),
            Command::Pause { done } => self.pause(done, now),
            Command::Resume { done } => self.resume(done, now),
            Command::Send { message, done } => {
                Effects { answer: Some(Answer::Send { message, done }), ..Effects::default() }
            }
            Command::Stop { code } => match self.activity {
                Activity::Session { .. } => self.close(code, AfterClose::End),
                _ => self.end(),
            },
        }
    }

    /// Changes what is wanted; whether the options differ from those in use.
    fn apply(&mut self, change: Change) -> bool {
        self.state.auto_reconnect = change.auto_reconnect.unwrap_or(self.state.auto_reconnect);
        let before = Arc::clone(&self.state.options);
        self.state.options = change.options.unwrap_or_else(|| Arc::clone(&before));
        let is_changed = self.state.options != before;
        if is_changed {
            self.rotation.closes_first = false;
        }
        is_changed
    }

    /// Sees to it that an attempt is under way or has succeeded, with the options that hold now; `anew` if those have
    /// just changed.
    fn connect(&mut self, anew: bool, done: Ack, now: Now) -> Effects {
        let work = match (self.state.phase, &self.activity) {
            (_, Activity::Session { .. }) if anew => return self.close(CloseCode::Normal, AfterClose::Reopen(done)),
            (_, Activity::Attempt) if anew => self.admission(Lane::Urgent),
            (Phase::Connecting | Phase::Connected, _) => None,
            (Phase::Off | Phase::Waiting | Phase::Blocked, _) => {
                self.enter(Phase::Connecting, now);
                self.admission(Lane::Urgent)
            }
        };
        Effects { work, ..Effects::acknowledged(done) }
    }

    /// A connection that was lost follows its switch: off stops the retries, on starts them again.
    /// New options are tried at once where the old ones are in use or have failed.
    fn change(&mut self, change: Change, done: Ack, now: Now) -> Effects {
        let (switched, tries) = (change.auto_reconnect, change.options.is_some());
        let anew = self.apply(change);
        match (self.state.phase, switched) {
            (Phase::Waiting | Phase::Blocked, Some(false)) => self.stop_retrying(done, now),
            (Phase::Off, Some(true)) if self.state.on => self.connect(anew, done, now),
            (Phase::Off, _) => Effects::acknowledged(done),
            _ if tries => self.connect(anew, done, now),
            _ => Effects::acknowledged(done),
        }
    }

    fn disconnect(&mut self, done: Ack, now: Now) -> Effects {
        match self.activity {
            Activity::Session { .. } => self.close(CloseCode::Normal, AfterClose::Off(done)),
            _ => self.turn_off(done, now),
        }
    }

    /// Off is kept already, so off it must be, whatever began while that was being kept.
    fn pause(&mut self, done: Ack, now: Now) -> Effects {
        match self.state.phase {
            Phase::Connecting | Phase::Connected => self.disconnect(done, now),
            Phase::Waiting | Phase::Blocked => {
                self.state.on = false;
                self.stop_retrying(done, now)
            }
            Phase::Off => {
                self.state.on = false;
                Effects::acknowledged(done)
            }
        }
    }

    fn resume(&mut self, done: Ack, now: Now) -> Effects {
        if self.state.phase != Phase::Off {
            return Effects::acknowledged(done);
        }
        self.enter(Phase::Waiting, now);
        self.state.on = true;
        self.state.next_retry = Some(NextRetry::AtGate);
        Effects { work: self.admission(Lane::Queue), ..Effects::acknowledged(done) }
    }

    /// Off, and the failure still tells why.
    fn stop_retrying(&mut self, done: Ack, now: Now) -> Effects {
        self.enter(Phase::Off, now);
        Effects { work: self.idle(), ..Effects::acknowledged(done) }
    }

    /// Turns the connection off on an administrator's word.
    pub(super) fn turn_off(&mut self, done: Ack, now: Now) -> Effects {
        let report = Some(Report::TurnedOff { was_open: self.state.phase == Phase::Connected });
        self.enter(Phase::Off, now);
        self.state.on = false;
        self.state.attempt = 0;
        self.state.failure = None;
        Effects { report, work: self.idle(), ..Effects::acknowledged(done) }
    }
}
