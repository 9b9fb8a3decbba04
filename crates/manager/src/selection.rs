//! Many connections at a time: which a query matches, and having back what was removed.

use super::{error::ManagerError, gate::Lane, keeper::Wanted, manager::ConnectionManager, registry::Entry};
use wsmon_model::{EndpointId, EventKind, ListQuery, Phase};

/// A connection as far as it matters to whether an action changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Which.
    pub endpoint: EndpointId,
    /// What it does and what comes next.
    pub phase: Phase,
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: bool,
}

impl From<&Entry> for Selected {
    fn from(entry: &Entry) -> Self {
        let state = entry.state.borrow();
        Self { endpoint: entry.endpoint.clone(), phase: state.phase, auto_reconnect: state.auto_reconnect }
    }
}

impl ConnectionManager {
    /// All connections that match a query, on all of its pages, in the order of their ids.
    pub fn select(&self, query: &ListQuery) -> Vec<Selected> {
        self.0.registry.select(query).iter().map(|entry| Selected::from(&**entry)).collect()
    }

    /// One connection; none if it is not there.
    pub fn selected(&self, endpoint: &EndpointId) -> Option<Selected> {
        self.0.registry.get(endpoint).map(|entry| Selected::from(&*entry))
    }

    /// What is wanted of a connection, secrets included: enough to have it back after it was removed.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub fn wanted(&self, endpoint: &EndpointId) -> Result<Wanted, ManagerError> {
        Ok(self.entry(endpoint)?.wanted())
    }

    /// Adds an endpoint that was removed, as it was wanted. If it is to be up, its first attempt waits for its turn at the
    /// gate. Nothing happens to one that is there.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoService`], [`ManagerError::ShuttingDown`] and [`ManagerError::Keep`], in which case nothing has
    /// changed, and [`ManagerError::Interrupted`].
    pub async fn add_back(&self, wanted: Wanted) -> Result<(), ManagerError> {
        let manager = self.clone();
        self.carry_out(async move {
            let endpoint = wanted.endpoint.clone();
            let _turn = manager.turn(&endpoint).await?;
            if manager.0.registry.get(&endpoint).is_some() {
                return Ok(());
            }
            let upstream = manager.0.upstreams.get(&endpoint.service);
            let upstream = upstream.ok_or_else(|| ManagerError::NoService(endpoint.service.clone()))?;
            let kind = if wanted.on { EventKind::AskedToConnect } else { EventKind::AskedToDisconnect };
            let at_ms = manager.save(&wanted, kind).await?;
            let spawn = || manager.spawn_new(upstream, wanted, Lane::Queue, at_ms);
            let added = manager.0.registry.get_or_insert_with(&endpoint, spawn);
            added.map(drop).ok_or(ManagerError::Interrupted)
        })
        .await
    }
}
