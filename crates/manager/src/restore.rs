//! The connections that are kept, at the start.

use std::{collections::BTreeMap, sync::Arc};

use tracing::warn;

use super::{
    gate::Lane,
    keeper::{KeepError, LearnedSilences},
    manager::ConnectionManager,
    service::Upstream,
};

impl ConnectionManager {
    /// Adds every connection that is kept, wanted ones in the order of the gate; how many. Those whose service is not
    /// configured are off, and say so.
    ///
    /// # Errors
    ///
    /// Any [`KeepError`], when what was kept cannot be read. A manager that is shut down adds nothing.
    pub async fn restore(&self) -> Result<usize, KeepError> {
        let all = self.0.config.keeper.load().await?;
        let count = all.len();
        // Without them it is learned anew what is usual; that is no reason not to connect.
        let silences = self.0.config.keeper.load_silences().await;
        let silences = silences.inspect_err(|error| warn!(%error, "what is usual for connections could not be read"));
        let silences =
            silences.unwrap_or_default().into_iter().map(|LearnedSilences { endpoint, learned }| (endpoint, learned));
        let silences: BTreeMap<_, _> = silences.collect();
        let mut not_configured = BTreeMap::new();
        for wanted in all {
            let endpoint = wanted.endpoint.clone();
            let upstream = self.0.upstreams.get(&endpoint.service).unwrap_or_else(|| {
                let name = endpoint.service.clone();
                let upstream = || Arc::new(Upstream::not_configured(name.clone(), self.0.gate.host()));
                not_configured.entry(name.clone()).or_insert_with(upstream)
            });
            self.0.registry.get_or_insert_with(&endpoint, || {
                let entry = self.spawn(upstream, wanted, Lane::Queue);
                if let Some(learned) = silences.get(&endpoint) {
                    entry.shared.silences.restore(learned);
                }
                entry
            });
        }
        Ok(count)
    }
}
