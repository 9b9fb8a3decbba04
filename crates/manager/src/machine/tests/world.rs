//! A connection's surroundings without a socket or a gate: what comes of them, and is put into its machine.

mod availability;
mod beside;
mod promises;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::Instant,
};
use wsmon_model::Phase;

use self::{beside::BesideWay, promises::is_nothing};
use super::Happening;
use crate::{
    backoff::Backoff,
    command::{Change, Command},
    error::SendError,
    failure::Failure,
    frame::CloseCode,
    gate::Lane,
    machine::{Input, Machine, Now},
    message::Message,
    options::CheckedOptions,
    policy::STABLE_AFTER,
    state::{ConnectionState, NextRetry},
};

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnderWay {
    Nothing,
    Wait {
        until: Instant,
    },
    Admission(Lane),
    /// Between the gate's leave and the attempt that it is for.
    Permit,
    Attempt,
    Session {
        since: Instant,
    },
    Close,
    Ended,
}

/// How often something has happened, by what was put in or by what was reported.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    opened: u32,
    failed: u32,
    lost: u32,
    closed: u32,
    rotated: u32,
    not_rotated: u32,
}

pub(super) struct World {
    machine: Machine,
    rng: SmallRng,
    now: Now,
    under_way: UnderWay,
    /// What is under way beside a session.
    beside: BesideWay,
    /// Failures in a row with which the service may have refused a second session.
    refusals: u32,
    published: ConnectionState,
    /// The options of the latest attempt.
    dialed_with: Arc<CheckedOptions>,
    /// What was asked, until it is acknowledged.
    asked: Option<(Happening, oneshot::Receiver<()>)>,
    is_stopping: bool,
    put_in: Counts,
    reported: Counts,
    /// Failures in a row.
    failures: u32,
    /// Whether the host failed at the latest attempt.
    host_fails: bool,
    /// Whether the latest failure is not to be followed by an attempt.
    is_final: bool,
}

impl World {
    pub(super) fn new(phase: Phase, auto_reconnect: bool, options: Arc<CheckedOptions>, seed: u64) -> Self {
        let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        let state = ConnectionState {
            phase,
            since: now.wall,
            on: phase != Phase::Off,
            auto_reconnect,
            attempt: 0,
            next_retry: (phase == Phase::Waiting).then_some(NextRetry::AtGate),
            failure: None,
            last_attempt: None,
            options: Arc::clone(&options),
        };
        let mut world = Self {
            machine: Machine::new(state.clone(), Backoff::default()),
            rng: SmallRng::seed_from_u64(seed),
            now,
            under_way: UnderWay::Nothing,
            beside: BesideWay::Nothing,
            refusals: 0,
            published: state,
            dialed_with: options,
            asked: None,
            is_stopping: false,
            put_in: Counts::default(),
            reported: Counts::default(),
            failures: 0,
            host_fails: false,
            is_final: false,
        };
        let effects = world.machine.start();
        world.carry_out(effects);
        world.check();
        world
    }

    fn state(&self) -> &ConnectionState {
        self.machine.state()
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Ends(why) => self.end(why),
            Happening::BesideEnds(why) => self.end_beside(why),
            Happening::Panics => self.put(Input::Panicked),
            Happening::Late => self.late(),
            Happening::Passes(time) => self.pass(time),
            // The task leaves it in the queue.
            _ if !self.machine.takes_commands() => {}
            Happening::Send => self.send(),
            _ => self.ask(happening),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall += time;
        if matches!(self.under_way, UnderWay::Wait { until } if until <= self.now.instant) {
            self.put(Input::WaitOver);
        }
    }

    /// What is under way ends.
    fn end(&mut self, why: Option<(Failure, bool)>) {
        let input = match (self.under_way, why) {
            (UnderWay::Nothing | UnderWay::Permit | UnderWay::Ended, _) => return,
            (UnderWay::Wait { .. }, _) => Input::WaitOver,
            (UnderWay::Admission(_), _) => Input::Admitted,
            (UnderWay::Attempt, None) => Input::Opened { attempt: None, took: Duration::ZERO },
            (UnderWay::Attempt, Some((why, waits_for_probe))) => {
                Input::AttemptFailed { attempt: None, failure: Arc::new(why), waits_for_probe }
            }
            (UnderWay::Session { .. }, why) => {
                Input::SessionEnded(Arc::new(why.map_or(Failure::Lost { errno: None }, |(why, _)| why)))
            }
            (UnderWay::Close, _) => Input::SessionClosed,
        };
        self.put(input);
    }

    /// The end of what is not under way changes nothing.
    fn late(&mut self) {
        let under_way = self.under_way;
        let (state, lost) = (self.state().clone(), || Arc::new(Failure::Lost { errno: None }));
        for (is_due, input) in [
            (matches!(under_way, UnderWay::Wait { .. }), Input::WaitOver),
            (matches!(under_way, UnderWay::Admission(_)), Input::Admitted),
            (under_way == UnderWay::Attempt, Input::Opened { attempt: None, took: Duration::ZERO }),
            (
                under_way == UnderWay::Attempt,
                Input::AttemptFailed { attempt: None, failure: lost(), waits_for_probe: true },
            ),
            (matches!(under_way, UnderWay::Session { .. }), Input::SessionEnded(lost())),
            (under_way == UnderWay::Close, Input::SessionClosed),
        ] {
            if !is_due {
                let effects = self.machine.step(input, self.now, &mut self.rng);
                assert!(is_nothing(&effects), "{effects:?} beside {under_way:?}");
                assert_eq!(*self.state(), state, "beside {under_way:?}");
            }
        }
        self.late_beside();
    }

    fn ask(&mut self, what: Happening) {
        let (done, acknowledged) = oneshot::channel();
        let command = match &what {
            Happening::Connect(change) => Command::Connect { change: change.clone(), done },
            Happening::Change(change) => Command::Change { change: change.clone(), done },
            Happening::Disconnect => Command::Disconnect { done },
            Happening::Pause => Command::Pause { done },
            _ => Command::Resume { done },
        };
        self.asked = Some((what, acknowledged));
        self.put(Input::Command(command));
    }

    fn send(&mut self) {
        let (done, mut outcome) = oneshot::channel();
        self.put(Input::Command(Command::Send { message: Message::text("hello"), done }));
        let sent = outcome.try_recv().expect("an answer");
        assert_eq!(sent, if self.is_open() { Ok(()) } else { Err(SendError::NotConnected) });
    }

    fn is_open(&self) -> bool {
        matches!(self.under_way, UnderWay::Session { .. })
    }

    /// All goes well from now on, so that a connection that is wanted comes up.
    pub(super) fn recover(&mut self) {
        // At most: a session is closed, a wait is over, the gate gives leave, an attempt succeeds.
        for _ in 0..4 {
            if !self.is_open() {
                self.end(None);
            }
        }
        let ConnectionState { phase, on, auto_reconnect, .. } = *self.state();
        let is_off = phase == Phase::Off && !(on && auto_reconnect && !self.is_final);
        assert!(self.is_open() || is_off, "{:?}", self.state());
        self.rotate();
    }

    /// It is stopped, and does nothing more.
    pub(super) fn stop(&mut self) {
        if self.under_way == UnderWay::Close {
            self.end(None);
        }
        self.is_stopping = true;
        self.put(Input::Command(Command::Stop { code: CloseCode::Away }));
        if self.under_way == UnderWay::Close {
            self.end(None);
        }
        assert_eq!(self.under_way, UnderWay::Ended);
        self.late();
        let (done, mut acknowledged) = oneshot::channel();
        self.put(Input::Command(Command::Connect { change: Change::default(), done }));
        assert_eq!(acknowledged.try_recv(), Err(TryRecvError::Closed), "whoever asks is told that it is not done");
        self.put(Input::Panicked);
        assert_eq!(self.under_way, UnderWay::Ended);
    }

    /// Gives the machine an input, carries out what follows and checks all that was promised.
    fn put(&mut self, input: Input) {
        self.expect(&input);
        self.under_way = match (&input, self.under_way) {
            (Input::Command(_), under_way) | (Input::Panicked, under_way @ UnderWay::Ended) => under_way,
            (Input::Beside(input), under_way) => self.beside_has(input, under_way),
            (Input::Admitted, _) => UnderWay::Permit,
            (Input::Opened { .. }, _) => UnderWay::Session { since: self.now.instant },
            _ => UnderWay::Nothing,
        };
        let (before, counted) = (self.state().clone(), self.machine.period());
        let effects = self.machine.step(input, self.now, &mut self.rng);
        assert_eq!(effects.publish, *self.state() != before);
        let transition = self.machine.transition(counted, effects.report.as_ref(), 7);
        self.carry_out(effects);
        self.check();
        self.check_availability(counted, transition);
    }

    /// Counts what an input says, as it should be reported.
    fn expect(&mut self, input: &Input) {
        if let Input::Beside(input) = input {
            return self.expect_beside(input);
        }
        let counts = &mut self.put_in;
        let held = match self.under_way {
            UnderWay::Session { since } => self.now.instant - since,
            _ => Duration::ZERO,
        };
        self.host_fails = matches!(input, Input::AttemptFailed { waits_for_probe: true, .. });
        match (input, self.under_way) {
            (Input::Opened { .. }, _) => {
                self.refusals = 0;
                return counts.opened += 1;
            }
            (Input::AttemptFailed { .. }, _) => counts.failed += 1,
            (Input::SessionEnded(_) | Input::Panicked, UnderWay::Session { .. }) => counts.lost += 1,
            (Input::SessionClosed | Input::Panicked, UnderWay::Close) => {
                return counts.closed += u32::from(!self.is_stopping);
            }
            (Input::Panicked, UnderWay::Wait { .. } | UnderWay::Admission(_) | UnderWay::Attempt) => {
                counts.failed += 1;
            }
            _ => return,
        }
        self.failures = if held >= STABLE_AFTER { 1 } else { self.failures + 1 };
    }
}
