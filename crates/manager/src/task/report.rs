//! What happens to a connection, counted, logged and kept as events.

use tracing::info;
use wsmon_model::{EventKind, Evidence};

use super::ConnectionTask;
use crate::{
    clock::unix_ms,
    event_record::EventRecord,
    failure::Failure,
    machine::{Down, Report},
};

impl ConnectionTask {
    pub(super) fn report(&self, report: Report) {
        let counts = &self.shared.counts;
        match report {
            Report::Connected { took } => {
                counts.count_success(took);
                self.events.publish(self.event(EventKind::Connected));
                info!(endpoint = %self.endpoint, "connected");
            }
            Report::Down(down) => self.report_down(&down),
            Report::ClosedToReopen => counts.count_end(None),
            Report::TurnedOff { was_open } => {
                if was_open {
                    counts.count_end(None);
                }
                info!(endpoint = %self.endpoint, "disconnected by an administrator");
            }
        }
    }

    fn report_down(&self, Down { kind, failure, was_open, attempt, retry_in }: &Down) {
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
        self.events.publish(EventRecord { attempt: *attempt, evidence: Some(Box::new(evidence)), ..self.event(*kind) });
    }

    fn event(&self, kind: EventKind) -> EventRecord {
        EventRecord::new(self.endpoint.clone(), unix_ms(self.config.clock.now()), kind)
    }
}
