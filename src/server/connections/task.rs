//! The task that owns one connection: a state machine driven by commands, the network and time.

use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::FutureExt;
use rand::rngs::SmallRng;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{error, info};

use super::{
    backoff::Backoff,
    dial::{Dialer, WebSocket},
    failure::Failure,
    manager::SendError,
    message::Message,
    policy::{STABLE_AFTER, Verdict, judge},
    session::{Heartbeat, Session},
    state::{ConnectionState, Shared},
};
use crate::model::{EndpointName, Phase};

/// Tells whoever gave a command that it has been carried out.
pub(super) type Ack = oneshot::Sender<()>;

/// What can be asked of a connection.
pub(super) enum Command {
    /// Connect now, if not connected; with `Some`, also set auto reconnect.
    Connect { auto_reconnect: Option<bool>, done: Ack },
    /// Close the socket and stay off.
    Disconnect { done: Ack },
    /// Set auto reconnect.
    SetAutoReconnect { enabled: bool, done: Ack },
    /// Send a message.
    Send { message: Message, done: oneshot::Sender<Result<(), SendError>> },
    /// Close the socket with this code and end the task.
    Stop { code: CloseCode },
}

/// What a command means for what the task is doing.
enum Turn {
    /// Go on.
    Stay,
    /// Start an attempt, unless one is under way or not needed.
    Attempt(Ack),
    /// Give up the socket and whatever is scheduled.
    Off(Ack),
    /// End the task.
    Stop(CloseCode),
}

/// Whether the task goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    Continue,
    End,
}

/// Everything one connection needs.
pub(super) struct ConnectionTask {
    pub(super) endpoint: EndpointName,
    pub(super) dialer: Arc<Dialer>,
    pub(super) backoff: Backoff,
    pub(super) heartbeat: Heartbeat,
    pub(super) rng: SmallRng,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) state: watch::Sender<ConnectionState>,
    pub(super) shared: Arc<Shared>,
    /// When the next attempt starts, by the clock that sleeps go by.
    pub(super) retry_at: Option<Instant>,
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

    /// Waits for a command or for the time of the next attempt.
    async fn rest(&mut self) -> Flow {
        let due = async {
            match self.retry_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let command = tokio::select! {
            () = due => {
                self.enter(Phase::Connecting, |_| {});
                return Flow::Continue;
            }
            command = self.commands.recv() => command,
        };
        match self.obey(command, None) {
            Turn::Stay => {}
            Turn::Attempt(done) => {
                self.enter(Phase::Connecting, |_| {});
                let _ = done.send(());
            }
            Turn::Off(done) => self.turn_off(done),
            Turn::Stop(_) => return Flow::End,
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
                self.fail(Failure::Internal, started.elapsed());
                Flow::Continue
            }
        }
    }

    /// Dials, and holds the connection that comes of it.
    async fn attempt(&mut self) -> Flow {
        let dialer = Arc::clone(&self.dialer);
        let endpoint = self.endpoint.clone();
        let mut dial = pin!(dialer.open(&endpoint));
        loop {
            let command = tokio::select! {
                opened = &mut dial => return match opened {
                    Ok(socket) => self.hold(socket).await,
                    Err(failure) => {
                        self.fail(failure, Duration::ZERO);
                        Flow::Continue
                    }
                },
                command = self.commands.recv() => command,
            };
            match self.obey(command, None) {
                Turn::Stay => {}
                Turn::Attempt(done) => drop(done.send(())),
                Turn::Off(done) => {
                    self.turn_off(done);
                    return Flow::Continue;
                }
                Turn::Stop(_) => return Flow::End,
            }
        }
    }

    /// Holds an open connection until it ends or is no longer wanted.
    async fn hold(&mut self, socket: WebSocket) -> Flow {
        let opened = Instant::now();
        let mut session = Session::new(socket, self.heartbeat);
        self.shared.set_rtt(None);
        self.enter(Phase::Connected, |state| state.failure = None);
        info!(endpoint = %self.endpoint, "connected");
        let shared = Arc::clone(&self.shared);
        loop {
            let command = tokio::select! {
                failure = session.run(&shared) => {
                    self.fail(failure, opened.elapsed());
                    return Flow::Continue;
                }
                command = self.commands.recv() => command,
            };
            match self.obey(command, Some(&mut session)) {
                Turn::Stay => {}
                Turn::Attempt(done) => drop(done.send(())),
                Turn::Off(done) => {
                    session.close(CloseCode::Normal).await;
                    self.turn_off(done);
                    return Flow::Continue;
                }
                Turn::Stop(code) => {
                    session.close(code).await;
                    return Flow::End;
                }
            }
        }
    }

    /// Carries out what needs no change of phase, and says what does.
    fn obey(&mut self, command: Option<Command>, session: Option<&mut Session>) -> Turn {
        match command {
            Some(Command::Connect { auto_reconnect, done }) => {
                if let Some(enabled) = auto_reconnect {
                    self.state.send_modify(|state| state.auto_reconnect = enabled);
                }
                Turn::Attempt(done)
            }
            Some(Command::Disconnect { done }) => Turn::Off(done),
            Some(Command::SetAutoReconnect { enabled, done }) => self.set_auto_reconnect(enabled, done),
            Some(Command::Send { message, done }) => {
                let sent = match session {
                    Some(session) => session.enqueue(&message).map_err(|_| SendError::OutboxFull),
                    None => Err(SendError::NotConnected),
                };
                let _ = done.send(sent);
                Turn::Stay
            }
            Some(Command::Stop { code }) => Turn::Stop(code),
            None => Turn::Stop(CloseCode::Away),
        }
    }

    /// A connection that was lost follows its switch: off stops the retries, on starts them again.
    fn set_auto_reconnect(&mut self, enabled: bool, done: Ack) -> Turn {
        self.state.send_modify(|state| state.auto_reconnect = enabled);
        let lost = self.state.borrow().failure.is_some();
        match self.phase() {
            Phase::Waiting | Phase::Blocked if !enabled => {
                self.retry_at = None;
                self.enter(Phase::Off, |_| {});
            }
            Phase::Off if enabled && lost => return Turn::Attempt(done),
            _ => {}
        }
        let _ = done.send(());
        Turn::Stay
    }

    /// Turns the connection off on an administrator's word.
    fn turn_off(&mut self, done: Ack) {
        self.retry_at = None;
        self.enter(Phase::Off, |state| {
            state.attempt = 0;
            state.failure = None;
        });
        info!(endpoint = %self.endpoint, "disconnected by an administrator");
        let _ = done.send(());
    }

    /// Records a failure and schedules what follows. `held` is how long the connection was open.
    fn fail(&mut self, failure: Failure, held: Duration) {
        let attempt = if held >= STABLE_AFTER { 1 } else { self.state.borrow().attempt.saturating_add(1) };
        let (phase, delay) = if self.state.borrow().auto_reconnect {
            let verdict = judge(&failure);
            let phase = if verdict == Verdict::Blocked { Phase::Blocked } else { Phase::Waiting };
            (phase, Some(verdict.delay(attempt, &self.backoff, &mut self.rng)))
        } else {
            (Phase::Off, None)
        };
        info!(
            endpoint = %self.endpoint, cause = failure.cause().as_str(), close_code = failure.close_code(), attempt,
            retry_in_ms = delay.map(|delay| delay.as_millis()), reason = %failure, "not connected",
        );
        self.retry_at = delay.map(|delay| Instant::now() + delay);
        self.enter(phase, |state| {
            state.attempt = attempt;
            state.next_retry = delay.map(|delay| SystemTime::now() + delay);
            state.failure = Some(Arc::new(failure));
        });
    }

    fn enter(&mut self, phase: Phase, change: impl FnOnce(&mut ConnectionState)) {
        self.state.send_modify(|state| {
            state.phase = phase;
            state.since = SystemTime::now();
            state.next_retry = None;
            change(state);
        });
    }
}
