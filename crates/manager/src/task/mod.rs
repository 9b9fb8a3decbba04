//! The task that owns one connection: a state machine driven by commands, the network and time.

mod commands;
mod failed;
mod renewal;

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc};

use futures_util::FutureExt;
use rand::rngs::SmallRng;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{error, info};

pub(super) use self::renewal::Renewal;
use super::{
    bus::EventBus,
    command::{Ack, Command, NextStep},
    config::ManagerConfig,
    dial::{Dialer, WebSocket},
    failure::Failure,
    gate::{Lane, LiveSession, Permit, Standing},
    service::Upstream,
    session::{Session, Watch},
    state::{ConnectionState, NextRetry, Shared},
};
use crate::clock::unix_ms;
use wsmon_model::{EndpointId, Event, EventKind, Phase};

/// Whether the task goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    Continue,
    End,
}

/// Everything one connection needs.
pub(super) struct ConnectionTask {
    pub(super) endpoint: EndpointId,
    /// Tells this endpoint from others at the gate.
    pub(super) number: u64,
    pub(super) dialer: Arc<Dialer>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) config: Arc<ManagerConfig>,
    pub(super) events: EventBus,
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
        let (gate, standing, renewal) = (self.upstream.gate.clone(), self.standing, self.renewal);
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
        let (dialer, upstream) = (Arc::clone(&self.dialer), Arc::clone(&self.upstream));
        let (endpoint, options) = (self.endpoint.clone(), Arc::clone(&self.state.borrow().options));
        let (permit, standing) = (self.permit.take(), self.standing);
        self.renewal.successes_before = upstream.gate.successes();
        let mut dial = pin!(async {
            let permit = match permit {
                Some(permit) => permit,
                None => upstream.gate.admit(Lane::Urgent, standing).await,
            };
            let began = Instant::now();
            let opened = dialer.open(&upstream, &endpoint.name, &options).await;
            (opened, began.elapsed(), permit)
        });
        loop {
            let command = tokio::select! {
                (opened, took, permit) = &mut dial => return match opened {
                    Ok(socket) => {
                        let live = self.upstream.gate.connected(permit);
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

    fn event(&self, kind: EventKind) -> Event {
        Event::new(self.endpoint.clone(), unix_ms(self.config.clock.now()), kind)
    }

    fn tell(&self, kind: EventKind) {
        self.events.publish(self.event(kind));
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
