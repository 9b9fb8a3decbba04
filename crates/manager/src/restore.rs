//! The connections that are kept, at the start.

use std::{collections::BTreeMap, sync::Arc};

use tracing::warn;
use wsmon_model::{PeriodKind, Transition};

use super::{
    clock::unix_ms,
    gate::Lane,
    keeper::{EndpointTransition, KeepError, LearnedSilences, Wanted},
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
        self.begin_watching(&all);
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

    /// Tells from when on connections are watched. Not awaited: to keep that of ten thousand takes a while, in which they can
    /// connect already.
    fn begin_watching(&self, all: &[Wanted]) {
        let at_ms = unix_ms(self.0.config.clock.now());
        let first = |wanted: &Wanted| {
            let is_configured = self.0.upstreams.contains_key(&wanted.endpoint.service);
            let to = if wanted.on && is_configured { PeriodKind::Down } else { PeriodKind::Off };
            EndpointTransition { endpoint: wanted.endpoint.clone(), transition: Transition { at_ms, to, why: None } }
        };
        self.0.events.publish_begun(all.iter().map(first).collect());
    }
}
