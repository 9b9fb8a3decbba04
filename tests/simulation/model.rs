//! What the manager promises, as a small machine without network, time or tasks.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use wsmon_model::Phase;

/// How many endpoints there are: two, so that they share a gate.
pub const ENDPOINTS: usize = 2;

/// What the server does with new clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    Accepts,
    Refuses,
    Forbids,
}

/// Options that make a difference for what follows a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Plain,
    StayClosed,
    NeverAfter1001,
}

/// What happens. Commands name their endpoint.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Connect(usize, Option<bool>),
    Disconnect(usize),
    Remove(usize),
    AutoReconnect(usize, bool),
    Pause(usize),
    Resume(usize),
    Options(usize, Plan),
    Upstream(Upstream),
    CloseAll(u16),
    Pass,
    Restart,
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub on: bool,
    pub auto_reconnect: bool,
    pub plan: Plan,
    pub phase: Phase,
    /// Whether it tells a failure.
    failed: bool,
    /// Blocked just now, so that its rare retry is far away.
    fresh: bool,
}

/// All there is.
#[derive(Clone, Debug)]
pub struct Model {
    pub upstream: Upstream,
    pub feeds: [Option<Feed>; ENDPOINTS],
    /// What came of the last action depends on when one looks, so that time passes until every wait has
    /// ended, also that of a blocked connection.
    pub long: bool,
}

impl Feed {
    const NEW: Self =
        Self { on: true, auto_reconnect: true, plan: Plan::Plain, phase: Phase::Off, failed: false, fresh: false };

    fn attempt(&mut self, upstream: Upstream) {
        match upstream {
            Upstream::Accepts => (self.phase, self.failed) = (Phase::Connected, false),
            Upstream::Refuses => self.fail(Phase::Waiting),
            Upstream::Forbids => self.fail(Phase::Blocked),
        }
    }

    fn fail(&mut self, then: Phase) {
        self.phase = if self.auto_reconnect { then } else { Phase::Off };
        (self.failed, self.fresh) = (true, true);
    }

    fn close(&mut self, code: u16) {
        match (code, self.plan) {
            _ if self.phase != Phase::Connected => {}
            (1000, Plan::StayClosed) => self.fail(Phase::Off),
            (4500, _) | (1001, Plan::NeverAfter1001) => self.fail(Phase::Blocked),
            _ => self.fail(Phase::Waiting),
        }
    }

    fn is_retrying(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Blocked)
    }

    /// Carries out a command; whether its outcome has to be waited for.
    fn apply(&mut self, action: Action, upstream: Upstream) -> bool {
        match action {
            Action::Connect(_, auto_reconnect) => {
                self.on = true;
                self.auto_reconnect = auto_reconnect.unwrap_or(self.auto_reconnect);
                if self.phase != Phase::Connected {
                    self.attempt(upstream);
                }
            }
            Action::Disconnect(_) => (self.on, self.phase, self.failed) = (false, Phase::Off, false),
            Action::AutoReconnect(_, enabled) => {
                self.auto_reconnect = enabled;
                match self.phase {
                    Phase::Off if enabled && self.on && self.failed => self.attempt(upstream),
                    Phase::Waiting | Phase::Blocked if !enabled => self.phase = Phase::Off,
                    _ => {}
                }
            }
            Action::Pause(_) if self.is_retrying() => (self.on, self.phase) = (false, Phase::Off),
            Action::Resume(_) if self.phase == Phase::Off => {
                (self.on, self.phase) = (true, Phase::Waiting);
                return true;
            }
            Action::Options(_, plan) => {
                let anew = self.is_retrying() || self.phase == Phase::Connected && plan != self.plan;
                self.plan = plan;
                if anew {
                    self.attempt(upstream);
                }
            }
            _ => {}
        }
        false
    }

    /// A new process knows only what was wanted.
    fn restart(&mut self) {
        self.phase = if self.on { Phase::Waiting } else { Phase::Off };
        self.failed = false;
    }

    /// Whether its phase changes by itself before long.
    fn is_passing(&self, upstream: Upstream) -> bool {
        match self.phase {
            Phase::Waiting => upstream != Upstream::Refuses,
            Phase::Blocked => upstream != Upstream::Forbids && !self.fresh,
            _ => false,
        }
    }

    fn pass(&mut self, upstream: Upstream) {
        if self.is_retrying() {
            self.attempt(upstream);
        }
        self.fresh = false;
    }
}

impl Action {
    /// Whom a command is for.
    pub fn endpoint(self) -> Option<usize> {
        match self {
            Self::Connect(n, _) | Self::AutoReconnect(n, _) | Self::Options(n, _) => Some(n),
            Self::Disconnect(n) | Self::Remove(n) | Self::Pause(n) | Self::Resume(n) => Some(n),
            Self::Upstream(_) | Self::CloseAll(_) | Self::Pass | Self::Restart => None,
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Action;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self { upstream: Upstream::Accepts, feeds: [None; ENDPOINTS], long: false }).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Action> {
        let who = || 0..ENDPOINTS;
        let upstream = prop::sample::select(vec![Upstream::Accepts, Upstream::Refuses, Upstream::Forbids]);
        let plan = prop::sample::select(vec![Plan::Plain, Plan::StayClosed, Plan::NeverAfter1001]);
        prop_oneof![
            4 => (who(), any::<Option<bool>>()).prop_map(|(n, auto_reconnect)| Action::Connect(n, auto_reconnect)),
            2 => who().prop_map(Action::Disconnect),
            1 => who().prop_map(Action::Remove),
            3 => (who(), any::<bool>()).prop_map(|(n, enabled)| Action::AutoReconnect(n, enabled)),
            2 => who().prop_map(Action::Pause),
            2 => who().prop_map(Action::Resume),
            2 => (who(), plan).prop_map(|(n, plan)| Action::Options(n, plan)),
            4 => upstream.prop_map(Action::Upstream),
            4 => prop::sample::select(vec![1000, 1001, 4500]).prop_map(Action::CloseAll),
            1 => Just(Action::Pass),
            1 => Just(Action::Restart),
        ]
        .boxed()
    }

    fn apply(mut model: Self, &action: &Action) -> Self {
        let upstream = model.upstream;
        model.long = matches!(action, Action::Pass | Action::Restart);
        match action {
            Action::Upstream(upstream) => model.upstream = upstream,
            Action::CloseAll(code) => model.feeds.iter_mut().flatten().for_each(|feed| feed.close(code)),
            Action::Restart => model.feeds.iter_mut().flatten().for_each(Feed::restart),
            Action::Remove(n) => model.feeds[n] = None,
            Action::Connect(n, _) => {
                model.feeds[n].get_or_insert(Feed::NEW).apply(action, upstream);
            }
            _ => {
                let feed = action.endpoint().and_then(|n| model.feeds[n].as_mut());
                model.long |= feed.is_some_and(|feed| feed.apply(action, upstream));
            }
        }
        let upstream = model.upstream;
        model.long |= model.feeds.iter().flatten().any(|feed| feed.is_passing(upstream));
        if model.long {
            model.feeds.iter_mut().flatten().for_each(|feed| feed.pass(upstream));
        }
        model
    }
}
