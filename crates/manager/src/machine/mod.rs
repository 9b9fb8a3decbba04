//! What one connection does next: a function of its state and an input. Pure: the connection's task (`task/`) brings
//! the inputs, the time and the random numbers, and carries the effects out.

mod beside;
mod commands;
mod effects;
mod failed;
mod period;
mod rotation;
#[cfg(test)]
mod tests;

use std::{
    mem,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rand::Rng;
use tokio::time::Instant;

use self::beside::Rotation;
pub(super) use self::{
    beside::{Beside, BesideInput},
    effects::{Answer, Down, Effects, Report, Work},
    period::period_of,
};
use super::{
    backoff::Backoff,
    command::{Ack, Command},
    failure::Failure,
    frame::CloseCode,
    gate::Lane,
    state::{ConnectionState, NextRetry},
};
use wsmon_model::{Attempt, Phase};

/// What happens to a connection.
#[derive(Debug)]
pub(super) enum Input {
    /// Something is asked of it. Only while [`Machine::takes_commands`].
    Command(Command),
    /// [`Work::Wait`] is over.
    WaitOver,
    /// [`Work::Admission`] is over: the gate gives leave to dial.
    Admitted,
    /// [`Work::Attempt`] succeeded after this time, and its session has begun.
    Opened { attempt: Option<Arc<Attempt>>, took: Duration },
    /// [`Work::Attempt`] failed. `waits_for_probe`: the host fails, so that its next probe speaks for this connection.
    AttemptFailed { attempt: Option<Arc<Attempt>>, failure: Arc<Failure>, waits_for_probe: bool },
    /// The session ended by itself, and none has taken its place.
    SessionEnded(Arc<Failure>),
    /// Something happened beside the open session.
    Beside(BesideInput),
    /// [`Work::Close`] is over.
    SessionClosed,
    /// The task panicked while it did what is under way.
    Panicked,
}

/// When an input comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// By the clock that does not jump.
    pub(super) instant: Instant,
    /// By the clock on the wall.
    pub(super) wall: SystemTime,
}

/// What is under way.
#[derive(Debug)]
enum Activity {
    /// Nothing: only a command changes that.
    Idle,
    Wait,
    Admission,
    Attempt,
    Session {
        opened: Instant,
    },
    Closing(AfterClose),
    Ended,
}

/// What follows once a session is closed.
#[derive(Debug)]
enum AfterClose {
    /// Off, on an administrator's word.
    Off(Ack),
    /// An attempt with the options that have changed.
    Reopen(Ack),
    /// An attempt, as the session has grown old.
    Rotate,
    /// The end of the task.
    End,
}

/// The state machine of one connection.
pub(super) struct Machine {
    state: ConnectionState,
    activity: Activity,
    backoff: Backoff,
    rotation: Rotation,
}

impl Machine {
    /// A connection with nothing under way yet.
    pub(super) fn new(state: ConnectionState, backoff: Backoff) -> Self {
        Self { state, activity: Activity::Idle, backoff, rotation: Rotation::default() }
    }

    /// Begins what the phase says: an attempt at once, or in the order of the gate.
    pub(super) fn start(&mut self) -> Effects {
        let work = match self.state.phase {
            Phase::Off => return Effects::default(),
            Phase::Connecting | Phase::Connected => self.admission(Lane::Urgent),
            Phase::Waiting | Phase::Blocked => self.admission(Lane::Queue),
        };
        Effects { work, ..Effects::default() }
    }

    /// The connection's state now.
    pub(super) fn state(&self) -> &ConnectionState {
        &self.state
    }

    /// Whether a command can be given; else it has to wait.
    pub(super) fn takes_commands(&self) -> bool {
        !matches!(self.activity, Activity::Closing(_) | Activity::Ended)
    }

    /// Whether the task is to end.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.activity, Activity::Ended)
    }

    /// What an input changes. One that belongs to nothing under way changes nothing.
    pub(super) fn step(&mut self, input: Input, now: Now, rng: &mut impl Rng) -> Effects {
        let before = self.state.clone();
        let mut effects = self.react(input, now, rng);
        effects.publish = self.state != before;
        effects
    }

    fn react(&mut self, input: Input, now: Now, rng: &mut impl Rng) -> Effects {
        match (input, &self.activity) {
            (Input::Command(command), _) if self.takes_commands() => self.command(command, now),
            (Input::WaitOver, Activity::Wait) => self.queue(),
            (Input::Admitted, Activity::Admission) => self.dial(now),
            (Input::Opened { attempt, took }, Activity::Attempt) => {
                self.state.last_attempt = attempt;
                self.opened(took, now, rng)
            }
            (Input::AttemptFailed { attempt, failure, waits_for_probe }, Activity::Attempt) => {
                self.state.last_attempt = attempt;
                self.fail(failure, waits_for_probe, now, rng)
            }
            (Input::Beside(input), &Activity::Session { opened }) => self.rotate(input, opened, now, rng),
            (Input::SessionEnded(failure), Activity::Session { .. }) => self.fail(failure, false, now, rng),
            (Input::SessionClosed | Input::Panicked, Activity::Closing(_)) => self.closed(now),
            (Input::Panicked, Activity::Wait | Activity::Admission | Activity::Attempt | Activity::Session { .. }) => {
                self.fail(Arc::new(Failure::Internal), false, now, rng)
            }
            _ => Effects::default(),
        }
    }

    /// The time of the next attempt has come.
    fn queue(&mut self) -> Effects {
        self.state.next_retry = Some(NextRetry::AtGate);
        Effects { work: self.admission(Lane::Queue), ..Effects::default() }
    }

    fn dial(&mut self, now: Now) -> Effects {
        if self.state.phase != Phase::Connecting {
            self.enter(Phase::Connecting, now);
        }
        self.activity = Activity::Attempt;
        Effects { work: Some(Work::Attempt), ..Effects::default() }
    }

    fn opened(&mut self, took: Duration, now: Now, rng: &mut impl Rng) -> Effects {
        self.enter(Phase::Connected, now);
        self.state.failure = None;
        self.activity = Activity::Session { opened: now.instant };
        let beside = self.rotate_later(now.instant, now, rng);
        Effects { report: Some(Report::Connected { took }), beside, ..Effects::default() }
    }

    /// Does what the session was closed for.
    fn closed(&mut self, now: Now) -> Effects {
        match mem::replace(&mut self.activity, Activity::Idle) {
            Activity::Closing(AfterClose::Off(done)) => self.turn_off(done, now),
            Activity::Closing(AfterClose::Reopen(done)) => {
                Effects { answer: Some(Answer::Done(done)), ..self.reopen(now) }
            }
            Activity::Closing(AfterClose::Rotate) => self.reopen(now),
            _ => self.end(),
        }
    }

    fn reopen(&mut self, now: Now) -> Effects {
        self.enter(Phase::Connecting, now);
        self.state.attempt = 0;
        let (report, work) = (Some(Report::ClosedToReopen), self.admission(Lane::Urgent));
        Effects { report, work, ..Effects::default() }
    }

    fn close(&mut self, code: CloseCode, then: AfterClose) -> Effects {
        self.activity = Activity::Closing(then);
        Effects { work: Some(Work::Close(code)), ..Effects::default() }
    }

    fn end(&mut self) -> Effects {
        self.activity = Activity::Ended;
        Effects { work: Some(Work::End), ..Effects::default() }
    }

    fn idle(&mut self) -> Option<Work> {
        self.activity = Activity::Idle;
        Some(Work::Idle)
    }

    fn admission(&mut self, lane: Lane) -> Option<Work> {
        self.activity = Activity::Admission;
        Some(Work::Admission(lane))
    }

    fn enter(&mut self, phase: Phase, now: Now) {
        self.state.phase = phase;
        self.state.since = now.wall;
        self.state.next_retry = None;
    }
}
