//! What happens to a connection, counted, logged and kept as events.

use tracing::info;
use wsmon_model::{Cause, EventKind, Evidence, Layer, Transition};

use super::ConnectionTask;
use crate::{
    describe::describe,
    event_record::EventRecord,
    failure::Failure,
    keeper::EndpointTransition,
    machine::{Down, Report},
};

impl ConnectionTask {
    /// Reports what happened at `at_ms`; `transition` is what that changes in what it counts as.
    pub(super) fn report(&self, report: Report, at_ms: i64, transition: Option<Transition>) {
        let event = |kind| EventRecord { transition, ..EventRecord::new(self.endpoint.clone(), at_ms, kind) };
        let counts = &self.shared.counts;
        match report {
            Report::Connected { took } => {
                counts.count_success(took);
                self.events.publish(event(EventKind::Connected));
                info!(endpoint = %self.endpoint, "connected");
            }
            Report::Down(down) => self.report_down(&down, event(down.kind)),
            Report::ClosedToReopen => {
                counts.count_end(None);
                self.tell(transition);
            }
            // Of the connection nothing has ended.
            Report::Rotated { took } => {
                counts.count_success(took);
                self.events.publish(event(EventKind::Rotated));
                info!(endpoint = %self.endpoint, "rotated");
            }
            Report::RotationFailed { evidence, attempt, retry_in } => {
                counts.count_failure();
                info!(
                    endpoint = %self.endpoint, layer = evidence.layer.map(Layer::as_str),
                    cause = evidence.cause.map(Cause::as_str), attempt, retry_in_ms = retry_in.as_millis(),
                    reason = describe(&evidence), "not rotated",
                );
                let evidence = Some(evidence);
                self.events.publish(EventRecord { attempt, evidence, ..event(EventKind::RotationFailed) });
            }
            Report::ClosesToRotate { refusal } => {
                if refusal.is_some() {
                    counts.count_failure();
                }
                info!(endpoint = %self.endpoint, reason = refusal.as_deref().map(describe), "closed to rotate");
                self.events.publish(EventRecord { evidence: refusal, ..event(EventKind::ClosedToRotate) });
            }
            Report::TurnedOff { was_open } => {
                if was_open {
                    counts.count_end(None);
                }
                info!(endpoint = %self.endpoint, "disconnected by an administrator");
                self.tell(transition);
            }
        }
    }

    /// Tells what changes in what it counts as where no event does.
    pub(super) fn tell(&self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            let endpoint = self.endpoint.clone();
            self.events.publish_transition(EndpointTransition { endpoint, transition });
        }
    }

    fn report_down(&self, Down { failure, was_open, attempt, retry_in, .. }: &Down, event: EventRecord) {
        if *was_open {
            self.shared.counts.count_end(Some(failure.cause()));
        } else {
            self.shared.counts.count_failure();
        }
        info!(
            endpoint = %self.endpoint, layer = failure.layer().as_str(), cause = failure.cause().as_str(),
            close_code = failure.close_code(), attempt,
            retry_in_ms = retry_in.map(|delay| delay.as_millis()), reason = %failure, "not connected",
        );
        // A panic tells nothing of its attempt.
        let last_attempt = self.machine.state().last_attempt.as_deref().filter(|_| **failure != Failure::Internal);
        let evidence = Evidence { attempt: last_attempt.copied(), ..failure.evidence() };
        self.events.publish(EventRecord { attempt: *attempt, evidence: Some(Box::new(evidence)), ..event });
    }
}
