//! The consumer of the bus that gives events and transitions to the keeper, in batches and off the hot path, and with them
//! what is learned.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    bus::{EventError, EventSubscription, Published},
    clock::{Clock, unix_ms},
    event_record::EventRecord,
    keeper::{EndpointTransition, Happened, Keeper},
    registry::Registry,
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
    clock: Arc<dyn Clock>,
    registry: Weak<Registry>,
    batch: Happened,
    silences: SilenceWriter,
}

impl EventWriter {
    pub(super) fn new(
        events: EventSubscription,
        keeper: Arc<dyn Keeper>,
        clock: Arc<dyn Clock>,
        registry: Weak<Registry>,
        end: CancellationToken,
        lost: Arc<AtomicU64>,
        silences: SilenceWriter,
    ) -> Self {
        Self { events, keeper, end, lost, clock, registry, batch: Happened::default(), silences }
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
                    // Also while nothing happens it is known until when somebody watched.
                    self.keep_all().await;
                    continue;
                }
            };
            goes_on = next.is_some_and(|next| self.take(next));
            if goes_on {
                goes_on = self.gather().await;
            }
            self.keep_all().await;
        }
    }

    /// Takes what came over the bus; false if nothing will come any more.
    fn take(&mut self, next: Result<Published, EventError>) -> bool {
        match next {
            Ok(Published::Event { event, kept: false }) => self.take_event(Arc::unwrap_or_clone(event)),
            Ok(Published::Event { kept: true, .. }) => {}
            Ok(Published::Begun(begun)) => self.batch.begun = Some(begun),
            Ok(Published::Transition(transition)) => self.batch.transitions.push(Arc::unwrap_or_clone(transition)),
            Err(EventError::Missed(missed)) => {
                self.lost.fetch_add(missed, Relaxed);
                self.take_present();
            }
            Err(EventError::Closed) => return false,
        }
        true
    }

    fn take_event(&mut self, event: EventRecord) {
        if let Some(transition) = event.transition {
            self.batch.transitions.push(EndpointTransition { endpoint: event.endpoint.clone(), transition });
        }
        self.batch.events.push(event);
    }

    /// Takes what every connection counts as now: some of what led there was missed, and nothing might come any more that
    /// sets it right.
    fn take_present(&mut self) {
        let Some(registry) = self.registry.upgrade() else { return };
        self.batch.transitions.extend(registry.entries().iter().map(|entry| entry.present()));
    }

    fn is_full(&self) -> bool {
        self.batch.events.len() >= BATCH || self.batch.transitions.len() >= BATCH
    }

    /// Waits a little for more; false if nothing will come any more.
    async fn gather(&mut self) -> bool {
        let until = Instant::now() + GATHER;
        while !self.is_full() {
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

    /// Keeps all that has been published so far, and until when it is all.
    async fn keep_all(&mut self) {
        loop {
            // What is published from now on may be missing.
            let now_ms = unix_ms(self.clock.now());
            let is_all = self.take_more();
            self.batch.watched_until_ms = is_all.then_some(now_ms);
            self.keep().await;
            if is_all {
                return;
            }
        }
    }

    /// Takes what there is already; false if there may be more than a batch has room for.
    fn take_more(&mut self) -> bool {
        while !self.is_full() {
            match self.events.try_next() {
                Some(next) => drop(self.take(next)),
                None => return true,
            }
        }
        false
    }

    async fn keep(&mut self) {
        while let Err(error) = self.keeper.append(&self.batch).await {
            warn!(%error, events = self.batch.events.len(), "events could not be kept");
            tokio::select! {
                () = sleep(RETRY) => {}
                // There is no later.
                () = self.end.cancelled() => break,
            }
        }
        self.batch = Happened::default();
    }
}
