//! How a connection's work is begun, and what its end means for the gate.

use std::{future::pending, mem, sync::Arc};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, info_span};
use wsmon_model::{Attempt, Stage};

use super::{
    ConnectionTask,
    under_way::{Outcome, UnderWay},
};
use crate::{
    config::ManagerConfig,
    dial::Progress,
    failure::Failure,
    gate::{AfterFailure, Lane, LiveSession, Permit, Standing},
    machine::{Input, Work},
    options::CheckedOptions,
    policy::judge,
    session::Session,
    state::Shared,
};

impl ConnectionTask {
    /// Begins something in place of what is under way.
    pub(super) fn begin(&mut self, work: Work) {
        self.under_way = match (work, mem::take(&mut self.under_way)) {
            (Work::Idle | Work::End, _) => UnderWay::Nothing,
            (Work::Wait { until, renewal }, _) => UnderWay::Future(self.wait(until, renewal)),
            (Work::Admission(lane), _) => UnderWay::Future(self.admission(lane)),
            (Work::Attempt, UnderWay::Permit(permit)) => UnderWay::Future(self.attempt(permit)),
            (Work::Close(code), UnderWay::Session(session, live)) => UnderWay::Future(Box::pin(async move {
                session.close(code).await;
                drop(live);
                Outcome::SessionClosed
            })),
            (Work::Attempt | Work::Close(_), _) => {
                unreachable!("an attempt has a permit, and what is closed is a session")
            }
        };
    }

    fn wait(&self, until: Instant, renewal: Option<Instant>) -> BoxFuture<'static, Outcome> {
        let (gate, successes_before) = (self.upstream.gate.clone(), self.successes_before);
        let renewed = async move {
            let Some(not_before) = renewal else { return pending().await };
            gate.success_after(successes_before).await;
            sleep_until(not_before).await;
        };
        Box::pin(async move {
            tokio::select! { () = sleep_until(until) => {} () = renewed => {} }
            Outcome::WaitOver
        })
    }

    fn admission(&self, lane: Lane) -> BoxFuture<'static, Outcome> {
        let (gate, standing) = (self.upstream.gate.clone(), self.standing);
        Box::pin(async move { Outcome::Admitted(gate.admit(lane, standing).await) })
    }

    fn attempt(&mut self, permit: Permit) -> BoxFuture<'static, Outcome> {
        self.successes_before = self.upstream.gate.successes();
        let (dialer, upstream) = (Arc::clone(&self.dialer), Arc::clone(&self.upstream));
        let endpoint = self.endpoint.name.clone();
        let (config, options) = (Arc::clone(&self.config), Arc::clone(&self.machine.state().options));
        let shared = Arc::clone(&self.shared);
        // What libraries log of an attempt does not name its endpoint. Not longer: a span takes a third of a KiB.
        let span = info_span!(parent: None, "attempt", endpoint = %self.endpoint);
        let attempt = async move {
            let (began, progress) = (Instant::now(), Progress::default());
            let upgraded = dialer.open(&upstream, &endpoint, &options, &progress).await;
            let took = began.elapsed();
            let opened = match upgraded {
                Ok(socket) => {
                    // However long the opening takes, others need not wait for it.
                    let live = upstream.gate.connected(permit);
                    let session = Box::new(Session::new(socket, &options, &config));
                    open(session, live, &options, &shared, &config, &progress).await.map_err(|failure| (failure, None))
                }
                Err(failure) => Err((failure, Some(permit))),
            };
            if opened.is_ok() {
                progress.reached(Stage::Open);
            }
            Outcome::Attempted { opened, attempt: progress.end().map(Arc::new), took }
        };
        Box::pin(attempt.instrument(span))
    }

    /// What the end of what was under way means.
    pub(super) fn ended(&mut self, outcome: Outcome) -> Input {
        let before = mem::take(&mut self.under_way);
        match outcome {
            Outcome::WaitOver => Input::WaitOver,
            Outcome::Admitted(permit) => {
                self.under_way = UnderWay::Permit(permit);
                Input::Admitted
            }
            Outcome::Attempted { opened: Ok((session, live)), attempt, took } => {
                self.hold(session, live);
                Input::Opened { attempt, took }
            }
            Outcome::Attempted { opened: Err((failure, permit)), attempt, .. } => {
                self.attempt_failed(attempt, failure, permit)
            }
            Outcome::SessionEnded(failure) => {
                if let UnderWay::Session(session, live) = before {
                    live.end(&failure);
                    if let Some(code) = failure.own_close_code() {
                        session.abandon(code);
                    }
                }
                Input::SessionEnded(Arc::new(failure))
            }
            Outcome::SessionClosed => Input::SessionClosed,
        }
    }

    /// Holds the connection.
    fn hold(&mut self, session: Box<Session>, live: LiveSession) {
        self.standing = Standing::Working;
        self.shared.set_rtt(None);
        self.shared.record_activity(Instant::now());
        self.under_way = UnderWay::Session(session, live);
    }

    /// Tells the gate of a failed attempt, unless the host had upgraded: then it has been told what there is to tell.
    fn attempt_failed(&mut self, attempt: Option<Arc<Attempt>>, failure: Failure, permit: Option<Permit>) -> Input {
        let failure = Arc::new(failure);
        let not_before = judge(&failure, self.machine.state().options.rules()).not_before();
        let after = permit.map(|permit| self.upstream.gate.failed(permit, self.number, &failure, not_before));
        let after = after.unwrap_or(AfterFailure { standing: Standing::Unknown, waits_for_probe: false });
        self.standing = after.standing;
        Input::AttemptFailed { attempt, failure, waits_for_probe: after.waits_for_probe }
    }
}

/// Exchanges the messages of the opening, if the options have one.
async fn open(
    mut session: Box<Session>,
    live: LiveSession,
    options: &CheckedOptions,
    shared: &Shared,
    config: &ManagerConfig,
    progress: &Progress,
) -> Result<(Box<Session>, LiveSession), Failure> {
    let Some(script) = options.messages().and_then(|plan| plan.opening.as_ref()) else { return Ok((session, live)) };
    progress.reached(Stage::Opening);
    match session.open(script, shared, &config.clock).await {
        Ok(()) => Ok((session, live)),
        Err(failure) => {
            live.end(&failure);
            if let Some(code) = failure.own_close_code() {
                session.abandon(code);
            }
            Err(failure)
        }
    }
}
