//! The task that owns one connection: a state machine driven by commands, the network and time.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use rand::rngs::SmallRng;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{error, info};

use super::{
    command::{Ack, Change, Command, NextStep},
    config::ManagerConfig,
    dial::{Dialer, WebSocket},
    error::SendError,
    events::EventSink,
    failure::Failure,
    gate::{AfterFailure, HostGate, Lane, LiveSession, Permit, Standing},
    policy::{STABLE_AFTER, Verdict, judge},
    session::{Session, Watch},
    state::{ConnectionState, NextRetry, Shared},
};
use crate::clock::unix_ms;
use wsmon_model::{EndpointName, Event, EventKind, Phase};

/// Whether the task goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    Continue,
    End,
}

/// When a connection that its host's certificate blocks is tried before its time: once another attempt has succeeded
/// since, as the certificate may have been renewed, but not at once each time, as it may be the connection's own options
/// that do not fit the certificate.
#[derive(Clone, Copy)]
pub(super) struct Renewal {
    /// The host's successes before the attempt.
    successes_before: u64,
    not_before: Instant,
}

impl Default for Renewal {
    fn default() -> Self {
        Self { successes_before: 0, not_before: Instant::now() }
    }
}

impl Renewal {
    async fn wait(self, gate: &HostGate) {
        gate.success_after(self.successes_before).await;
        sleep_until(self.not_before).await;
    }
}

/// Everything one connection needs.
pub(super) struct ConnectionTask {
    pub(super) endpoint: EndpointName,
    /// Tells this endpoint from others at the gate.
    pub(super) number: u64,
    pub(super) dialer: Arc<Dialer>,
    pub(super) gate: HostGate,
    pub(super) config: Arc<ManagerConfig>,
    pub(super) events: EventSink,
    pub(super) rng: SmallRng,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) state: watch::Sender<ConnectionState>,
    pub(super) shared: Arc<Shared>,
    /// Leave to dial, if the gate has given it already.
    pub(super) permit: Option<Permit>,
    /// What the last attempt says about the endpoint.
    pub(super) standing: Standing,
    /// What ends the wait of a connection that its host's certificate blocks.
    pub(super) renewal: Renewal,
}

impl ConnectionTask {
    /// Runs until told to stop.
    pub(super) async fn run(&mut self) {
        loop {
            let flow = match self.phase() {
                Phase::Connecting | Phase::Connected => self.guarded_attempt().await,
                Phase::Waiting | Phase::Blocked | Phase::Off => self.rest().await,
            };
            if flow == Flow::End {
                return;
            }
        }
    }

    fn phase(&self) -> Phase {
        self.state.borrow().phase
    }

    /// Waits for a command or for the next attempt's turn.
    async fn rest(&mut self) -> Flow {
        let (next, blocked_by_certificate) = {
            let state = self.state.borrow();
            let of_certificate = state.failure.as_ref().is_some_and(|failure| failure.is_of_certificate());
            (state.next_retry, of_certificate && state.phase == Phase::Blocked)
        };
        let (gate, standing, renewal) = (self.gate.clone(), self.standing, self.renewal);
        let turn = async {
            match next {
                Some(NextRetry::At(at)) => {
                    tokio::select! {
                        () = sleep_until(at) => {}
                        () = renewal.wait(&gate), if blocked_by_certificate => {}
                    }
                    None
                }
                Some(NextRetry::AtGate) => Some(gate.admit(Lane::Queue, standing).await),
                None => std::future::pending().await,
            }
        };
        let command = tokio::select! {
            permit = turn => {
                self.permit = permit;
                match self.permit {
                    Some(_) => self.enter(Phase::Connecting, |_| {}),
                    None => self.state.send_modify(|state| state.next_retry = Some(NextRetry::AtGate)),
                }
                return Flow::Continue;
            }
            command = self.commands.recv() => command,
        };
        match self.handle_command(command, None) {
            NextStep::Stay => {}
            NextStep::Attempt(done) => {
                self.enter(Phase::Connecting, |_| {});
                let _ = done.send(());
            }
            NextStep::Off(done) => self.turn_off(done),
            NextStep::Stop(_) => return Flow::End,
        }
        Flow::Continue
    }

    /// An attempt whose panic ends only itself: it counts as a failure and is tried again.
    async fn guarded_attempt(&mut self) -> Flow {
        let started = Instant::now();
        match AssertUnwindSafe(self.attempt()).catch_unwind().await {
            Ok(flow) => flow,
            Err(_) => {
                error!(endpoint = %self.endpoint, "a panic ended the attempt");
                self.fail(Arc::new(Failure::Internal), started.elapsed(), false);
                Flow::Continue
            }
        }
    }

    /// Dials, and holds the connection that comes of it.
    async fn attempt(&mut self) -> Flow {
        let (dialer, gate) = (Arc::clone(&self.dialer), self.gate.clone());
        let (endpoint, options) = (self.endpoint.clone(), Arc::clone(&self.state.borrow().options));
        let (permit, standing) = (self.permit.take(), self.standing);
        self.renewal.successes_before = gate.successes();
        let mut dial = pin!(async {
            let permit = match permit {
                Some(permit) => permit,
                None => gate.admit(Lane::Urgent, standing).await,
            };
            let began = Instant::now();
            let opened = dialer.open(&endpoint, &options).await;
            (opened, began.elapsed(), permit)
        });
        loop {
            let command = tokio::select! {
                (opened, took, permit) = &mut dial => return match opened {
                    Ok(socket) => {
                        let live = self.gate.connected(permit);
                        self.standing = Standing::Working;
                        self.shared.counts.count_success(took);
                        self.hold(socket, live).await
                    }
                    Err(failure) => {
                        self.attempt_failed(failure, permit);
                        Flow::Continue
                    }
                },
                command = self.commands.recv() => command,
            };
            match self.handle_command(command, None) {
                NextStep::Stay => {}
                NextStep::Attempt(done) => {
                    let _ = done.send(());
                    if self.state.borrow().options != options {
                        // The attempt under way was made with what no longer holds.
                        return Flow::Continue;
                    }
                }
                NextStep::Off(done) => {
                    self.turn_off(done);
                    return Flow::Continue;
                }
                NextStep::Stop(_) => return Flow::End,
            }
        }
    }

    /// Tells the gate of a failed attempt.
    fn attempt_failed(&mut self, failure: Failure, permit: Permit) {
        self.shared.counts.count_failure();
        let failure = Arc::new(failure);
        let not_before = match judge(&failure, self.state.borrow().options.rules()) {
            Verdict::NotBefore(wait) => wait,
            _ => Duration::ZERO,
        };
        let AfterFailure { standing, waits_for_probe } = self.gate.failed(permit, self.number, &failure, not_before);
        self.standing = standing;
        self.fail(failure, Duration::ZERO, waits_for_probe);
    }

    /// Holds an open connection until it ends or is no longer wanted.
    async fn hold(&mut self, socket: WebSocket, live: LiveSession) -> Flow {
        let opened = Instant::now();
        let options = Arc::clone(&self.state.borrow().options);
        let mut session = Session::new(socket, Watch::new(&options, &self.config));
        self.shared.set_rtt(None);
        self.shared.record_activity(opened);
        self.enter(Phase::Connected, |state| state.failure = None);
        self.tell(EventKind::Connected);
        info!(endpoint = %self.endpoint, "connected");
        let (shared, config) = (Arc::clone(&self.shared), Arc::clone(&self.config));
        loop {
            let command = tokio::select! {
                failure = session.run(&shared, &*config.clock) => {
                    live.end(&failure);
                    if let Some(code) = failure.own_close_code() {
                        session.abandon(code);
                    }
                    self.fail(Arc::new(failure), opened.elapsed(), false);
                    return Flow::Continue;
                }
                command = self.commands.recv() => command,
            };
            match self.handle_command(command, Some(&mut session)) {
                NextStep::Stay => {}
                NextStep::Attempt(done) => {
                    if self.state.borrow().options == options {
                        let _ = done.send(());
                        continue;
                    }
                    session.close(CloseCode::Normal).await;
                    self.shared.counts.count_end(None);
                    self.enter(Phase::Connecting, |state| state.attempt = 0);
                    let _ = done.send(());
                    return Flow::Continue;
                }
                NextStep::Off(done) => {
                    session.close(CloseCode::Normal).await;
                    self.turn_off(done);
                    return Flow::Continue;
                }
                NextStep::Stop(code) => {
                    session.close(code).await;
                    return Flow::End;
                }
            }
        }
    }

    /// Carries out what needs no change of phase, and says what does.
    fn handle_command(&mut self, command: Option<Command>, session: Option<&mut Session>) -> NextStep {
        match command {
            Some(Command::Connect { change, done }) => {
                self.apply(change);
                self.state.send_modify(|state| state.on = true);
                NextStep::Attempt(done)
            }
            Some(Command::Change { change, done }) => self.change(change, done),
            Some(Command::Disconnect { done }) => NextStep::Off(done),
            Some(Command::Pause { done }) => self.pause(done),
            Some(Command::Resume { done }) => {
                if self.phase() == Phase::Off {
                    self.enter(Phase::Waiting, |state| {
                        state.on = true;
                        state.next_retry = Some(NextRetry::AtGate);
                    });
                }
                acknowledged(done)
            }
            Some(Command::Send { message, done }) => {
                let sent = match session {
                    Some(session) => session.enqueue(&message),
                    None => Err(SendError::NotConnected),
                };
                let _ = done.send(sent);
                NextStep::Stay
            }
            Some(Command::Stop { code }) => NextStep::Stop(code),
            None => NextStep::Stop(CloseCode::Away),
        }
    }

    fn apply(&mut self, change: Change) {
        self.state.send_if_modified(|state| {
            let before = (state.auto_reconnect, Arc::clone(&state.options));
            state.auto_reconnect = change.auto_reconnect.unwrap_or(state.auto_reconnect);
            state.options = change.options.unwrap_or_else(|| Arc::clone(&state.options));
            before != (state.auto_reconnect, Arc::clone(&state.options))
        });
    }

    /// A connection that was lost follows its switch: off stops the retries, on starts them again.
    /// New options are tried at once where the old ones are in use or have failed.
    fn change(&mut self, change: Change, done: Ack) -> NextStep {
        let (switched, anew) = (change.auto_reconnect, change.options.is_some());
        self.apply(change);
        let wanted = self.state.borrow().on;
        match (self.phase(), switched) {
            (Phase::Waiting | Phase::Blocked, Some(false)) => self.enter(Phase::Off, |_| {}),
            (Phase::Off, Some(true)) if wanted => return NextStep::Attempt(done),
            (Phase::Off, _) => {}
            _ if anew => return NextStep::Attempt(done),
            _ => {}
        }
        acknowledged(done)
    }

    /// Off is kept already, so off it must be, whatever began while that was being kept.
    fn pause(&mut self, done: Ack) -> NextStep {
        match self.phase() {
            Phase::Connecting | Phase::Connected => return NextStep::Off(done),
            Phase::Waiting | Phase::Blocked => self.enter(Phase::Off, |state| state.on = false),
            Phase::Off => self.state.send_modify(|state| state.on = false),
        }
        acknowledged(done)
    }

    /// Turns the connection off on an administrator's word.
    fn turn_off(&mut self, done: Ack) {
        if self.phase() == Phase::Connected {
            self.shared.counts.count_end(None);
        }
        self.enter(Phase::Off, |state| {
            state.on = false;
            state.attempt = 0;
            state.failure = None;
        });
        info!(endpoint = %self.endpoint, "disconnected by an administrator");
        let _ = done.send(());
    }

    /// Records a failure and schedules what follows. `held` is how long the connection was open, and
    /// `at_gate` whether the host fails, so that its next probe speaks for this connection too.
    fn fail(&mut self, failure: Arc<Failure>, held: Duration, at_gate: bool) {
        let was_open = self.phase() == Phase::Connected;
        if was_open {
            self.shared.counts.count_end(Some(failure.cause()));
        }
        let attempt = if held >= STABLE_AFTER { 1 } else { self.state.borrow().attempt.saturating_add(1) };
        let verdict = judge(&failure, self.state.borrow().options.rules());
        let delay = verdict.delay(attempt, &self.config.backoff, &mut self.rng);
        let delay = delay.filter(|_| self.state.borrow().auto_reconnect);
        let (phase, next_retry) = match (&verdict, delay) {
            (_, None) => (Phase::Off, None),
            (Verdict::Backoff, Some(_)) if at_gate => (Phase::Waiting, Some(NextRetry::AtGate)),
            (Verdict::Blocked, Some(delay)) => {
                self.renewal.not_before = Instant::now() + self.config.backoff.delay(attempt, &mut self.rng);
                (Phase::Blocked, Some(NextRetry::At(Instant::now() + delay)))
            }
            (_, Some(delay)) => (Phase::Waiting, Some(NextRetry::At(Instant::now() + delay))),
        };
        info!(
            endpoint = %self.endpoint, cause = failure.cause().as_str(), close_code = failure.close_code(), attempt,
            retry_in_ms = delay.filter(|_| !at_gate).map(|delay| delay.as_millis()), reason = %failure, "not connected",
        );
        self.events.push(Event {
            cause: Some(failure.cause()),
            close_code: failure.close_code(),
            attempt,
            text: failure.to_string(),
            ..self.event(match phase {
                Phase::Blocked => EventKind::Blocked,
                _ if was_open => EventKind::Disconnected,
                _ => EventKind::AttemptFailed,
            })
        });
        self.enter(phase, |state| {
            state.attempt = attempt;
            state.next_retry = next_retry;
            state.failure = Some(failure);
        });
    }

    fn event(&self, kind: EventKind) -> Event {
        Event::new(self.endpoint.clone(), unix_ms(self.config.clock.now()), kind)
    }

    fn tell(&self, kind: EventKind) {
        self.events.push(self.event(kind));
    }

    fn enter(&mut self, phase: Phase, change: impl FnOnce(&mut ConnectionState)) {
        let now = self.config.clock.now();
        self.state.send_modify(|state| {
            state.phase = phase;
            state.since = now;
            state.next_retry = None;
            change(state);
        });
    }
}

/// What a command means that has been carried out.
fn acknowledged(done: Ack) -> NextStep {
    let _ = done.send(());
    NextStep::Stay
}
