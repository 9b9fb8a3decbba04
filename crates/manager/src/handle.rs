//! What connecting an endpoint asks for, and gives.

use std::sync::Weak;

use futures_util::{Stream, stream};
use wsmon_model::{EndpointId, Phase};

use super::{
    error::ManagerError, options::CheckedOptions, registry::Registry, state::ConnectionState,
    state_channel::StateReceiver,
};

/// What a connect changes; `None` keeps the current value.
#[derive(Clone, Debug, Default)]
pub struct ConnectRequest {
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: Option<bool>,
    /// What differs for it.
    pub options: Option<CheckedOptions>,
}

impl From<Option<bool>> for ConnectRequest {
    fn from(auto_reconnect: Option<bool>) -> Self {
        Self { auto_reconnect, options: None }
    }
}

impl From<CheckedOptions> for ConnectRequest {
    fn from(options: CheckedOptions) -> Self {
        Self { auto_reconnect: None, options: Some(options) }
    }
}

/// One connection, as seen by whoever has just connected it.
#[derive(Clone, Debug)]
pub struct ConnectionHandle {
    pub(super) created: bool,
    pub(super) endpoint: EndpointId,
    pub(super) state: StateReceiver,
    /// Not what keeps the manager alive.
    pub(super) registry: Weak<Registry>,
}

impl ConnectionHandle {
    /// Whether the endpoint was not there before.
    pub fn is_new(&self) -> bool {
        self.created
    }

    /// The state now.
    pub fn state(&self) -> ConnectionState {
        self.state.borrow().clone()
    }

    /// Waits until a condition holds, and gives the first state in which it does; the last state if
    /// the connection is removed first.
    pub async fn wait_for(&mut self, condition: impl FnMut(&ConnectionState) -> bool) -> ConnectionState {
        if let Ok(state) = self.state.wait_for(condition).await {
            return state;
        }
        self.state()
    }

    /// The state now and after each change, until the connection is removed. Whoever is slow gets the latest state and
    /// not every one.
    pub fn states(&self) -> impl Stream<Item = ConnectionState> + Send + Unpin + 'static {
        let mut state = self.state.clone();
        state.mark_changed();
        Box::pin(stream::unfold(state, async |mut state| {
            state.changed().await.ok()?;
            let now = state.borrow_and_update().clone();
            Some((now, state))
        }))
    }

    /// Waits for the attempt under way to end, which its deadline bounds.
    pub async fn settled(&mut self) -> ConnectionState {
        self.wait_for(|state| state.phase != Phase::Connecting).await
    }

    /// Waits for the attempt under way to end, and tells if it never did.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Interrupted`] if the manager was shut down first, and
    /// [`ManagerError::Unknown`] if the connection was removed first.
    pub async fn outcome(&mut self) -> Result<ConnectionState, ManagerError> {
        let state = self.settled().await;
        if state.phase != Phase::Connecting {
            return Ok(state);
        }
        // The task has ended in the middle of an attempt.
        match self.registry.upgrade() {
            Some(registry) if !registry.is_closed() => Err(ManagerError::Unknown(self.endpoint.clone())),
            _ => Err(ManagerError::Interrupted),
        }
    }
}
