//! What a machine's effects do to its surroundings, and what must hold after each input.

use tokio::{sync::oneshot::error::TryRecvError, time::Instant};
use wsmon_model::{EventKind, Phase};

use super::{BesideWay, Happening, UnderWay, World};
use crate::{
    backoff::Backoff,
    command::Change,
    error::SendError,
    gate::Lane,
    machine::{Answer, Down, Effects, Report, Work},
    policy::{LONGEST_RETRY_AFTER, Verdict, judge},
    state::{ConnectionState, NextRetry},
};

pub(super) fn is_nothing(effects: &Effects) -> bool {
    matches!(effects, Effects { report: None, publish: false, work: None, beside: None, answer: None })
}

impl World {
    pub(super) fn carry_out(&mut self, Effects { report, publish, work, beside, answer }: Effects) {
        if let Some(report) = report {
            self.report(report);
        }
        if publish {
            self.published = self.state().clone();
        }
        if let Some(work) = work {
            self.begin(work);
        }
        if let Some(beside) = beside {
            self.begin_beside(beside);
        }
        match answer {
            Some(Answer::Done(done)) => done.send(()).expect("the world waits for it"),
            Some(Answer::Send { done, .. }) => {
                let sent = if self.is_open() { Ok(()) } else { Err(SendError::NotConnected) };
                done.send(sent).expect("the world waits for it");
            }
            None => {}
        }
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Connected { .. } => self.reported.opened += 1,
            Report::Down(down) => self.report_down(&down),
            Report::Rotated { .. } => self.reported.rotated += 1,
            Report::RotationFailed { .. } | Report::ClosesToRotate { refusal: Some(_) } => {
                self.reported.not_rotated += 1;
            }
            Report::ClosesToRotate { refusal: None } => {}
            Report::ClosedToReopen => {
                self.reported.closed += 1;
                self.failures = 0;
            }
            Report::TurnedOff { was_open } => {
                self.reported.closed += u32::from(was_open);
                self.failures = 0;
            }
        }
    }

    fn report_down(&mut self, Down { kind, failure, was_open, attempt, retry_in }: &Down) {
        let count = if *was_open { &mut self.reported.lost } else { &mut self.reported.failed };
        *count += 1;
        let verdict = judge(failure, self.state().options.rules());
        self.is_final = verdict == Verdict::Final;
        let ConnectionState { phase, next_retry, auto_reconnect, .. } = *self.state();
        let then = match verdict {
            Verdict::Final => Phase::Off,
            _ if !auto_reconnect => Phase::Off,
            Verdict::Blocked => Phase::Blocked,
            Verdict::Backoff | Verdict::Within(_) | Verdict::NotBefore(_) => Phase::Waiting,
        };
        assert_eq!(phase, then, "{failure}");
        let waits_for_probe = self.host_fails && auto_reconnect && verdict == Verdict::Backoff;
        assert_eq!(next_retry == Some(NextRetry::AtGate), waits_for_probe, "{failure}");
        assert_eq!(*attempt, self.failures);
        assert_eq!(*kind == EventKind::Blocked, phase == Phase::Blocked);
        assert_eq!(*kind == EventKind::Disconnected, *was_open && phase != Phase::Blocked);
        assert_eq!(retry_in.map(|wait| NextRetry::At(self.now.instant + wait)), next_retry.filter(is_timed));
    }

    /// Begins something, which gives up what was under way; never an open session, nor a permit.
    fn begin(&mut self, work: Work) {
        let before = self.under_way;
        self.beside = BesideWay::Nothing;
        self.under_way = match (work, before) {
            (Work::Attempt, UnderWay::Permit) => {
                self.dialed_with = self.state().options.clone();
                UnderWay::Attempt
            }
            (Work::Close(_), UnderWay::Session { .. }) => UnderWay::Close,
            (Work::Attempt | Work::Close(_), _)
            | (_, UnderWay::Session { .. } | UnderWay::Permit | UnderWay::Close) => {
                panic!("{work:?} in place of {before:?}")
            }
            (Work::Idle, _) => UnderWay::Nothing,
            (Work::Admission(lane), _) => UnderWay::Admission(lane),
            (Work::Wait { until, renewal }, _) => {
                self.check_wait(until, renewal);
                UnderWay::Wait { until }
            }
            (Work::End, _) => UnderWay::Ended,
        };
    }

    fn check_wait(&self, until: Instant, renewal: Option<Instant>) {
        let (now, longest) = (self.now.instant, Backoff::default().ceiling(u32::MAX));
        assert!((now..=now + LONGEST_RETRY_AFTER + longest).contains(&until));
        let state = self.state();
        let is_common = state.failure.as_ref().is_some_and(|failure| failure.is_common());
        assert_eq!(renewal.is_some(), is_common && state.phase == Phase::Blocked);
        assert!(renewal.is_none_or(|at| (now..=now + longest).contains(&at)));
    }

    /// What must hold after each input.
    pub(super) fn check(&mut self) {
        self.check_asked();
        assert_eq!(self.published, *self.state());
        assert_eq!(self.reported, self.put_in);
        assert_eq!(self.state().attempt, self.failures);
        assert_eq!(self.machine.has_ended(), self.under_way == UnderWay::Ended);
        let takes_commands = !matches!(self.under_way, UnderWay::Close | UnderWay::Ended);
        assert_eq!(self.machine.takes_commands(), takes_commands);
        if self.under_way != UnderWay::Ended {
            assert!(self.is_as_the_state_says(), "{:?} in {:?}", self.under_way, self.state());
        }
    }

    /// Whether what is under way is what the state says, and there is something unless nothing is wanted.
    fn is_as_the_state_says(&self) -> bool {
        let ConnectionState { phase, on, auto_reconnect, next_retry, options, .. } = self.state();
        let is_down = *on && matches!(phase, Phase::Waiting | Phase::Blocked);
        let is_current = *on && next_retry.is_none() && *options == self.dialed_with;
        match self.under_way {
            UnderWay::Nothing => {
                let is_wanted = *on && *auto_reconnect && !self.is_final;
                *phase == Phase::Off && next_retry.is_none() && !is_wanted
            }
            UnderWay::Wait { until } => is_down && *next_retry == Some(NextRetry::At(until)),
            UnderWay::Admission(Lane::Queue) => is_down && *next_retry == Some(NextRetry::AtGate),
            UnderWay::Admission(Lane::Urgent) => *on && *phase == Phase::Connecting && next_retry.is_none(),
            UnderWay::Attempt => is_current && *phase == Phase::Connecting,
            UnderWay::Session { .. } => is_current && *phase == Phase::Connected && self.rotates_as_wanted(),
            UnderWay::Close => *phase == Phase::Connected,
            UnderWay::Permit | UnderWay::Ended => false,
        }
    }

    /// A command is acknowledged when it is done: at once, or when the session is closed for it.
    fn check_asked(&mut self) {
        let Some((what, mut acknowledged)) = self.asked.take() else { return };
        match acknowledged.try_recv() {
            Ok(()) => assert!(self.is_done(&what), "{what:?}: {:?} in {:?}", self.under_way, self.state()),
            Err(TryRecvError::Empty) => {
                assert_eq!(self.under_way, UnderWay::Close, "{what:?} is not acknowledged");
                self.asked = Some((what, acknowledged));
            }
            Err(TryRecvError::Closed) => panic!("{what:?} will not be acknowledged"),
        }
    }

    fn is_done(&self, what: &Happening) -> bool {
        let ConnectionState { phase, on, auto_reconnect, options, .. } = self.state();
        let holds = |change: &Change| {
            change.auto_reconnect.is_none_or(|wanted| wanted == *auto_reconnect)
                && change.options.as_ref().is_none_or(|wanted| wanted == options)
        };
        match what {
            Happening::Connect(change) => *on && holds(change) && matches!(phase, Phase::Connecting | Phase::Connected),
            Happening::Change(change) => holds(change),
            Happening::Disconnect | Happening::Pause => {
                !on && *phase == Phase::Off && self.under_way == UnderWay::Nothing
            }
            _ => *on && *phase != Phase::Off,
        }
    }
}

fn is_timed(next: &NextRetry) -> bool {
    matches!(next, NextRetry::At(_))
}
