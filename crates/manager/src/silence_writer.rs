//! Gives what was learned of feeds' silences to the keeper: now and then what has changed, in one batch, and all at the end.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::{
    keeper::{Keeper, LearnedSilences},
    registry::{Entry, Registry},
};

/// How often, at most, something is kept.
const EVERY: Duration = Duration::from_secs(60);

/// Keeps what has changed.
pub(super) struct SilenceWriter {
    registry: Weak<Registry>,
    keeper: Arc<dyn Keeper>,
    due: Instant,
}

impl SilenceWriter {
    pub(super) fn new(registry: Weak<Registry>, keeper: Arc<dyn Keeper>) -> Self {
        Self { registry, keeper, due: Instant::now() + EVERY }
    }

    /// Waits until it is time.
    pub(super) async fn due(&self) {
        sleep_until(self.due).await;
    }

    /// Keeps what has changed. What cannot be kept is tried again the next time: nothing but a restart would miss it.
    pub(super) async fn keep_changed(&mut self) {
        self.due = Instant::now() + EVERY;
        let Some(registry) = self.registry.upgrade() else { return };
        let of_entry = |entry: Arc<Entry>| Some((entry.shared.silences.take_changed()?, entry));
        let (changed, entries): (Vec<_>, Vec<_>) = registry
            .entries()
            .into_iter()
            .filter_map(of_entry)
            .map(|(kept, entry)| (LearnedSilences { endpoint: entry.endpoint.clone(), learned: kept }, entry))
            .unzip();
        drop(registry);
        if !keep(&changed, &*self.keeper).await {
            entries.iter().for_each(|entry| entry.shared.silences.set_changed());
        }
    }
}

/// Keeps what was learned of connections that have ended.
pub(super) async fn keep_all(entries: &[Arc<Entry>], keeper: &dyn Keeper) {
    let of_entry = |entry: &Arc<Entry>| {
        Some(LearnedSilences { endpoint: entry.endpoint.clone(), learned: entry.shared.silences.to_kept()? })
    };
    keep(&entries.iter().filter_map(of_entry).collect::<Vec<_>>(), keeper).await;
}

async fn keep(learned: &[LearnedSilences], keeper: &dyn Keeper) -> bool {
    if learned.is_empty() {
        return true;
    }
    let outcome = keeper.keep_silences(learned).await;
    if let Err(error) = &outcome {
        warn!(%error, connections = learned.len(), "what is usual for connections could not be kept");
    }
    outcome.is_ok()
}
