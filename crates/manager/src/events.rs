//! The way of events from the connections' tasks to the keeper, in batches and off the hot path.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::keeper::Keeper;
use wsmon_model::Event;

/// Events that may wait to be kept.
const BACKLOG: usize = 16_384;

/// Events kept at once.
const BATCH: usize = 1_024;

/// How long an event may wait for others to be kept with.
const GATHER: Duration = Duration::from_millis(250);

/// How long to wait after the keeper failed.
const RETRY: Duration = Duration::from_secs(2);

/// Takes events. Never blocks: when the keeper does not keep up, the newest are lost and counted.
#[derive(Clone)]
pub(super) struct EventSink {
    sender: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
}

impl EventSink {
    pub(super) fn push(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Events that were lost because the keeper did not keep up.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// The sink, and the work of keeping what goes into it: until `end` is cancelled and the rest is
/// kept, or every sink is gone.
pub(super) fn channel(keeper: Arc<dyn Keeper>, end: CancellationToken) -> (EventSink, impl Future<Output = ()>) {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    (EventSink { sender, lost: Arc::default() }, keep(receiver, keeper, end))
}

async fn keep(mut receiver: mpsc::Receiver<Event>, keeper: Arc<dyn Keeper>, end: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            () = end.cancelled(), if !receiver.is_closed() => receiver.close(),
            received = receiver.recv_many(&mut batch, BATCH) => if received == 0 { return },
        }
        if batch.is_empty() {
            continue;
        }
        gather(&mut receiver, &mut batch, &end).await;
        while let Err(error) = keeper.append(&batch).await {
            warn!(%error, events = batch.len(), "events could not be kept");
            tokio::select! {
                () = sleep(RETRY) => {}
                // There is no later.
                () = end.cancelled() => break,
            }
        }
        batch.clear();
    }
}

/// Waits a little for more.
async fn gather(receiver: &mut mpsc::Receiver<Event>, batch: &mut Vec<Event>, end: &CancellationToken) {
    let until = Instant::now() + GATHER;
    while batch.len() < BATCH && !end.is_cancelled() {
        let room = BATCH - batch.len();
        tokio::select! {
            more = timeout_at(until, receiver.recv_many(batch, room)) => if !matches!(more, Ok(1..)) { return },
            () = end.cancelled() => return,
        }
    }
}
