//! How a connection's work is begun, and what its end means for the gate.

use std::{future::pending, mem, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, OptionFuture};
use regex::bytes::Regex;
use tokio::{
    join,
    time::{Instant, sleep_until},
};
use tracing::{Instrument, info_span};
use wsmon_model::{Attempt, Stage};

use super::{
    ConnectionTask,
    under_way::{Outcome, UnderWay, leave},
};
use crate::{
    config::ManagerConfig,
    dial::Progress,
    failure::Failure,
    freshness::fingerprint,
    gate::{AfterFailure, Lane, LiveSession, Permit, Standing},
    machine::{Input, Work},
    opening::Script,
    policy::judge,
    session::{Overlap, Session, Side, Twin},
    state::Shared,
};

impl ConnectionTask {
    /// Begins something in place of what is under way.
    pub(super) fn begin(&mut self, work: Work) {
        self.under_way = match (work, mem::take(&mut self.under_way)) {
            (Work::Idle | Work::End, _) => UnderWay::Nothing,
            (Work::Wait { until, renewal }, _) => UnderWay::Future(self.wait(until, renewal)),
            (Work::Admission(lane), _) => UnderWay::Future(self.admission(lane)),
            (Work::Attempt, UnderWay::Permit(permit)) => {
                self.successes_before = self.upstream.gate.successes();
                UnderWay::Future(self.attempt(permit, None))
            }
            (Work::Close(code), UnderWay::Session(session, live, beside)) => UnderWay::Future(Box::pin(async move {
                let old_closed = beside.and_then(|beside| beside.old_closed());
                join!(session.close(code), OptionFuture::from(old_closed));
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
        self.admission_as(lane, self.standing)
    }

    pub(super) fn admission_as(&self, lane: Lane, standing: Standing) -> BoxFuture<'static, Outcome> {
        let gate = self.upstream.gate.clone();
        Box::pin(async move { Outcome::Admitted(gate.admit(lane, standing).await) })
    }

    /// An attempt; with an overlap, at a session that is to take the place of an open one.
    pub(super) fn attempt(&self, permit: Permit, overlap: Option<Arc<Overlap>>) -> BoxFuture<'static, Outcome> {
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
                    let mut session = Box::new(Session::new(socket, &options, &config));
                    session.set_twin(overlap.as_ref().map(|overlap| Twin::new(overlap, Side::New)));
                    let opening = Opening {
                        script: options.messages().and_then(|plan| plan.opening.as_ref()),
                        is_proven: overlap.is_none(),
                    };
                    open(session, live, opening, &shared, &config, &progress).await.map_err(|failure| (failure, None))
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
        if let Outcome::Beside(outcome) = outcome {
            return Input::Beside(self.ended_beside(*outcome));
        }
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
                if let UnderWay::Session(session, live, _) = before {
                    leave(session, live, &failure);
                }
                Input::SessionEnded(Arc::new(failure))
            }
            Outcome::SessionClosed | Outcome::Beside(_) => Input::SessionClosed,
        }
    }

    /// Holds the connection.
    fn hold(&mut self, session: Box<Session>, live: LiveSession) {
        self.standing = Standing::Working;
        self.shared.set_rtt(None);
        self.shared.record_activity(Instant::now());
        let messages = self.machine.state().options.messages();
        let not_data = messages.and_then(|plan| plan.not_data.as_ref()).map(Regex::as_str);
        self.shared.silences.begin(fingerprint(not_data), self.config.clock.now());
        self.under_way = UnderWay::Session(session, live, None);
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

/// What is to be seen of a session before it is held.
struct Opening<'a> {
    script: Option<&'a Arc<Script>>,
    /// Whether nothing else has to show that the service means to keep the session.
    is_proven: bool,
}

/// How long a session that takes another's place may bring nothing before that one is closed for it.
const PROOF: Duration = Duration::from_secs(1);

/// Exchanges the messages of the opening, if there is one.
async fn open(
    mut session: Box<Session>,
    live: LiveSession,
    opening: Opening<'_>,
    shared: &Shared,
    config: &ManagerConfig,
    progress: &Progress,
) -> Result<(Box<Session>, LiveSession), Failure> {
    let opened = match opening {
        Opening { script: Some(script), .. } => {
            progress.reached(Stage::Opening);
            session.open(script, shared, &config.clock).await.map(drop)
        }
        Opening { is_proven: false, .. } => session.prove(PROOF, shared, &config.clock).await,
        Opening { is_proven: true, .. } => Ok(()),
    };
    match opened {
        Ok(()) => Ok((session, live)),
        Err(failure) => {
            leave(session, live, &failure);
            Err(failure)
        }
    }
}
