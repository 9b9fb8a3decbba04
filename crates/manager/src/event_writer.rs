//! The consumer of the bus that gives events to the keeper, in batches and off the hot path, and with them what is learned.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    bus::{EventError, EventSubscription, Published},
    event_record::EventRecord,
    keeper::Keeper,
    silence_writer::SilenceWriter,
};

/// Events kept at once.
const BATCH: usize = 1_024;

/// How long an event may wait for others to be kept with.
const GATHER: Duration = Duration::from_millis(250);

/// How long to wait after the keeper failed.
const RETRY: Duration = Duration::from_secs(2);

/// Keeps what comes over the bus.
pub(super) struct EventWriter {
    events: EventSubscription,
    keeper: Arc<dyn Keeper>,
    /// Nothing is published any more once this is cancelled.
    end: CancellationToken,
    /// Events that were missed because the keeper did not keep up.
    lost: Arc<AtomicU64>,
    batch: Vec<EventRecord>,
    silences: SilenceWriter,
}

impl EventWriter {
    pub(super) fn new(
        events: EventSubscription,
        keeper: Arc<dyn Keeper>,
        end: CancellationToken,
        lost: Arc<AtomicU64>,
        silences: SilenceWriter,
    ) -> Self {
        Self { events, keeper, end, lost, batch: Vec::new(), silences }
    }

    /// Runs until `end` is cancelled and the rest is kept, or the bus is gone.
    pub(super) async fn run(mut self) {
        let mut goes_on = true;
        while goes_on {
            let next = tokio::select! {
                next = self.events.next() => Some(next),
                () = self.end.cancelled() => None,
                () = self.silences.due() => {
                    self.silences.keep_changed().await;
                    continue;
                }
            };
            goes_on = next.is_some_and(|next| self.take(next));
            if goes_on {
                goes_on = self.gather().await;
            }
            if !goes_on {
                while let Some(next) = self.events.try_next() {
                    self.take(next);
                }
            }
            self.keep().await;
        }
    }

    /// Takes what came over the bus; false if nothing will come any more.
    fn take(&mut self, next: Result<Published, EventError>) -> bool {
        match next {
            Ok(Published { event, kept: false }) => self.batch.push(Arc::unwrap_or_clone(event)),
            Ok(Published { kept: true, .. }) => {}
            Err(EventError::Missed(missed)) => drop(self.lost.fetch_add(missed, Relaxed)),
            Err(EventError::Closed) => return false,
        }
        true
    }

    /// Waits a little for more; false if nothing will come any more.
    async fn gather(&mut self) -> bool {
        let until = Instant::now() + GATHER;
        while self.batch.len() < BATCH {
            let next = tokio::select! {
                next = timeout_at(until, self.events.next()) => next,
                () = self.end.cancelled() => return false,
            };
            let Ok(next) = next else { return true };
            if !self.take(next) {
                return false;
            }
        }
        true
    }

    async fn keep(&mut self) {
        for batch in self.batch.chunks(BATCH) {
            while let Err(error) = self.keeper.append(batch).await {
                warn!(%error, events = batch.len(), "events could not be kept");
                tokio::select! {
                    () = sleep(RETRY) => {}
                    // There is no later.
                    () = self.end.cancelled() => break,
                }
            }
        }
        self.batch.clear();
    }
}
