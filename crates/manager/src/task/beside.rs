//! What is under way beside an open session, so that another takes its place.

use std::{mem, sync::Arc};

use futures_util::future::BoxFuture;
use tokio::time::sleep_until;

use super::{
    ConnectionTask,
    under_way::{Outcome, UnderWay, UnderWayBeside, leave},
};
use crate::{
    failure::Failure,
    frame::CloseCode,
    gate::{Lane, LiveSession, Permit, Standing},
    machine::{Beside, BesideInput},
    policy::judge,
    session::{Overlap, Session, Side, Twin},
};

impl ConnectionTask {
    /// Begins something beside the open session, in place of what is under way there.
    pub(super) fn begin_beside(&mut self, work: Beside) {
        let UnderWay::Session(session, live, beside) = mem::take(&mut self.under_way) else {
            unreachable!("beside what is not open nothing is begun");
        };
        let (mut session, before) = (session, beside.map(|beside| *beside));
        let beside = match (work, before) {
            (Beside::Wait { until }, _) => {
                session.outlive_twin();
                UnderWayBeside::Future(Box::pin(async move {
                    sleep_until(until).await;
                    Outcome::WaitOver
                }))
            }
            // It is nobody's turn but its own, and an attempt that fails speaks for nobody else: the host works.
            (Beside::Admission, _) => UnderWayBeside::Future(self.admission_as(Lane::Queue, Standing::Failing)),
            (Beside::Attempt, Some(UnderWayBeside::Permit(permit))) => {
                let overlap = Arc::<Overlap>::default();
                session.set_twin(Some(Twin::new(&overlap, Side::Old)));
                UnderWayBeside::Attempt { attempt: self.attempt(permit, Some(overlap)), ended: None }
            }
            (Beside::CloseOld, Some(UnderWayBeside::Old(old))) => UnderWayBeside::CloseOld(self.close_old(old)),
            (Beside::Attempt | Beside::CloseOld, _) => {
                unreachable!("an attempt has a permit, and a session took the place of what is closed")
            }
        };
        self.under_way = UnderWay::Session(session, live, Some(Box::new(beside)));
    }

    fn close_old(&self, old: Option<(Box<Session>, LiveSession)>) -> BoxFuture<'static, Outcome> {
        let (shared, config) = (Arc::clone(&self.shared), Arc::clone(&self.config));
        Box::pin(async move {
            if let Some((mut session, live)) = old {
                session.close_after_all(CloseCode::Normal, &shared, &config.clock).await;
                drop(live);
            }
            Outcome::SessionClosed
        })
    }

    /// What the end of what was under way beside the session means.
    pub(super) fn ended_beside(&mut self, outcome: Outcome) -> BesideInput {
        match outcome {
            Outcome::WaitOver => BesideInput::WaitOver,
            Outcome::Admitted(permit) => {
                if let UnderWay::Session(_, _, beside) = &mut self.under_way {
                    *beside = Some(Box::new(UnderWayBeside::Permit(permit)));
                }
                BesideInput::Admitted
            }
            Outcome::Attempted { opened: Ok((session, live)), attempt, took } => {
                self.replace(session, live);
                BesideInput::Opened { attempt, took }
            }
            Outcome::Attempted { opened: Err((failure, permit)), attempt, .. } => {
                let failure = Arc::new(failure);
                if let Some(permit) = permit {
                    self.beside_failed(permit, &failure);
                }
                BesideInput::AttemptFailed { attempt, failure }
            }
            Outcome::SessionEnded(_) | Outcome::SessionClosed | Outcome::Beside(_) => BesideInput::OldClosed,
        }
    }

    /// Holds the new session in the place of the old one.
    fn replace(&mut self, session: Box<Session>, live: LiveSession) {
        let old = match mem::take(&mut self.under_way) {
            UnderWay::Session(old, old_live, Some(beside)) if !beside.is_open() => {
                if let UnderWayBeside::Attempt { ended: Some((failure, _)), .. } = *beside {
                    leave(old, old_live, &failure);
                }
                None
            }
            UnderWay::Session(old, old_live, _) => Some((old, old_live)),
            _ => None,
        };
        self.under_way = UnderWay::Session(session, live, Some(Box::new(UnderWayBeside::Old(old))));
    }

    /// Tells the gate of a failed attempt. What it says of the endpoint is no news, as that has a session.
    fn beside_failed(&self, permit: Permit, failure: &Arc<Failure>) {
        let not_before = judge(failure, self.machine.state().options.rules()).not_before();
        self.upstream.gate.failed(permit, self.number, failure, not_before);
    }
}
