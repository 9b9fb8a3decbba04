//! What administrators change about connections. Each change is kept before it is made, in a task of its
//! own: whoever asks for it and stops waiting cannot leave the store and the connection in disagreement.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    panic::resume_unwind,
    sync::Arc,
};

use tokio::sync::{MutexGuard, oneshot};
use tracing::Instrument;

use super::{
    command::{Ack, Asked, Change, Command},
    error::ManagerError,
    event_record::EventRecord,
    frame::CloseCode,
    gate::Lane,
    handle::{ConnectRequest, ConnectionHandle},
    keeper::Wanted,
    manager::ConnectionManager,
    options::CheckedOptions,
    registry::Entry,
};
use crate::clock::unix_ms;
use wsmon_model::{EndpointId, EventKind, PendingAudit, Phase};

impl ConnectionManager {
    /// The same manager, which gives this entry of an audit log to the keeper together with each change that is made
    /// through it. To the manager the entry means nothing; completing it is up to whoever gave it.
    #[must_use]
    pub fn audited(&self, audit: PendingAudit) -> Self {
        Self(Arc::clone(&self.0), Some(Arc::new(audit)))
    }

    /// Connects an endpoint now: adds it if it is new, starts an attempt if it is disconnected, and
    /// changes nothing if it is connected or connecting. There is never a second connection of the
    /// same endpoint. What the request says of auto reconnect and options holds from now on; a new
    /// endpoint has auto reconnect on and plain options.
    ///
    /// Returns once that is kept and the attempt has begun; [`ConnectionHandle::settled`] waits for
    /// its outcome.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoService`], [`ManagerError::ShuttingDown`] and [`ManagerError::Keep`], in which case nothing
    /// has changed, and [`ManagerError::Interrupted`].
    pub async fn connect(
        &self,
        endpoint: &EndpointId,
        request: impl Into<ConnectRequest>,
    ) -> Result<ConnectionHandle, ManagerError> {
        let (manager, endpoint, request) = (self.clone(), endpoint.clone(), request.into());
        self.carry_out(async move { manager.connect_in_turn(&endpoint, request).await }).await
    }

    async fn connect_in_turn(
        &self,
        endpoint: &EndpointId,
        ConnectRequest { auto_reconnect, options }: ConnectRequest,
    ) -> Result<ConnectionHandle, ManagerError> {
        let _turn = self.turn(endpoint).await?;
        let handle = |created, entry: &Entry| ConnectionHandle {
            created,
            endpoint: endpoint.clone(),
            state: entry.state.clone(),
            registry: Arc::downgrade(&self.0.registry),
        };
        let known = self.0.registry.get(endpoint);
        let upstream = known.as_ref().map(|entry| &entry.upstream).or(self.0.upstreams.get(&endpoint.service));
        let upstream = upstream.ok_or_else(|| ManagerError::NoService(endpoint.service.clone()))?;
        let before = known.as_ref().map_or_else(|| Wanted::new(endpoint), |entry| entry.wanted());
        let wanted = Wanted {
            on: true,
            auto_reconnect: auto_reconnect.unwrap_or(before.auto_reconnect),
            options: options.clone().unwrap_or(before.options),
            ..before
        };
        let at_ms = self.save(&wanted, EventKind::AskedToConnect).await?;
        let Some(entry) = &known else {
            // A new connection's task begins with an attempt; told to connect, it might make two.
            let spawn = || self.spawn_new(upstream, wanted, Lane::Urgent, at_ms);
            let added = self.0.registry.get_or_insert_with(endpoint, spawn);
            return added.map(|entry| handle(true, &entry)).ok_or(ManagerError::Interrupted);
        };
        let options = options.map(|own| upstream.options_in_force(own));
        let change = Change { auto_reconnect, options };
        if ask(entry, at_ms, |done| Command::Connect { change, done }).await {
            return Ok(handle(false, entry));
        }
        // Only a shutdown ends a task while its name is ours to change.
        Err(ManagerError::Interrupted)
    }

    /// Disconnects an endpoint, which then stays off. Returns when that is kept and its socket is
    /// closed.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`], [`ManagerError::ShuttingDown`], and [`ManagerError::Keep`], in
    /// which case nothing has changed. So for everything that changes a connection.
    pub async fn disconnect(&self, endpoint: &EndpointId) -> Result<(), ManagerError> {
        let change = |wanted: &mut Wanted| wanted.on = false;
        self.change(endpoint, EventKind::AskedToDisconnect, change, |done| Command::Disconnect { done }).await
    }

    /// Stops the attempts of a connection that waits or is blocked, and still tells why it is down.
    /// Nothing happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn pause(&self, endpoint: &EndpointId) -> Result<(), ManagerError> {
        let only = |phase| matches!(phase, Phase::Waiting | Phase::Blocked);
        let change = |wanted: &mut Wanted| wanted.on = false;
        self.change_if(only, endpoint, EventKind::AskedToPause, change, |done| Command::Pause { done }).await
    }

    /// Lets the attempts of a connection that is off go on, when its turn at the gate comes. Nothing
    /// happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn resume(&self, endpoint: &EndpointId) -> Result<(), ManagerError> {
        let only = |phase| phase == Phase::Off;
        let change = |wanted: &mut Wanted| wanted.on = true;
        self.change_if(only, endpoint, EventKind::AskedToResume, change, |done| Command::Resume { done }).await
    }

    /// Sets whether a connection is connected again after it was lost. Turned off, it also ends a
    /// wait for the next attempt; turned on, it also connects a connection that was lost.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn set_auto_reconnect(&self, endpoint: &EndpointId, enabled: bool) -> Result<(), ManagerError> {
        let kind = if enabled { EventKind::AutoReconnectOn } else { EventKind::AutoReconnectOff };
        let change = Change { auto_reconnect: Some(enabled), options: None };
        let keep = move |wanted: &mut Wanted| wanted.auto_reconnect = enabled;
        self.change(endpoint, kind, keep, |done| Command::Change { change, done }).await
    }

    /// Sets a connection's options. They hold at once: an open connection is opened anew, and one that
    /// waits is tried now.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn set_options(&self, endpoint: &EndpointId, options: CheckedOptions) -> Result<(), ManagerError> {
        let entry = self.entry(endpoint)?;
        let in_force = entry.upstream.options_in_force(options.clone());
        let change = Change { auto_reconnect: None, options: Some(in_force) };
        let keep = |wanted: &mut Wanted| wanted.options = options;
        self.change(endpoint, EventKind::OptionsChanged, keep, |done| Command::Change { change, done }).await
    }

    /// Removes an endpoint and forgets its events. Returns when that is kept, its socket is closed and
    /// its task has ended.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn remove(&self, endpoint: &EndpointId) -> Result<(), ManagerError> {
        let (manager, endpoint) = (self.clone(), endpoint.clone());
        self.carry_out(async move {
            let _turn = manager.turn(&endpoint).await?;
            let entry = manager.entry(&endpoint)?;
            manager.0.config.keeper.forget(&endpoint, manager.1.as_deref()).await?;
            // An error means that it is already on its way out; wait for that.
            let _ = entry.commands.send(Command::Stop { code: CloseCode::Normal }.into()).await;
            entry.state.clone().ended().await;
            Ok(())
        })
        .await
    }

    /// Makes a change that goes on when nobody waits for it any more, and that a shutdown waits for.
    pub(super) async fn carry_out<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, ManagerError>> + Send + 'static,
    ) -> Result<T, ManagerError> {
        match self.0.changes.spawn(change.in_current_span()).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is shutting down.
                Err(_) => Err(ManagerError::ShuttingDown),
            },
        }
    }

    /// Waits until nobody else changes what is wanted of this endpoint: what is kept and what the
    /// task was told must come in the same order. After a shutdown nobody has a turn.
    pub(super) async fn turn(&self, endpoint: &EndpointId) -> Result<MutexGuard<'_, ()>, ManagerError> {
        let mut hasher = DefaultHasher::new();
        endpoint.hash(&mut hasher);
        let index = hasher.finish() % self.0.change_locks.len() as u64;
        let turn = self.0.change_locks[usize::try_from(index).unwrap_or_default()].lock().await;
        if self.is_running() { Ok(turn) } else { Err(ManagerError::ShuttingDown) }
    }

    /// Keeps what is wanted and the event that tells of it; the event's time.
    pub(super) async fn save(&self, wanted: &Wanted, kind: EventKind) -> Result<i64, ManagerError> {
        let at_ms = unix_ms(self.0.config.clock.now());
        let event = EventRecord::new(wanted.endpoint.clone(), at_ms, kind);
        self.0.config.keeper.save(wanted, &event, self.1.as_deref()).await?;
        self.0.events.publish_kept(event);
        Ok(at_ms)
    }

    /// Keeps what is wanted of a connection from now on, then tells its task.
    async fn change(
        &self,
        endpoint: &EndpointId,
        kind: EventKind,
        change: impl FnOnce(&mut Wanted) + Send + 'static,
        command: impl FnOnce(Ack) -> Command + Send + 'static,
    ) -> Result<(), ManagerError> {
        self.change_if(|_| true, endpoint, kind, change, command).await
    }

    /// The same, but nothing for a connection in another phase.
    async fn change_if(
        &self,
        only: impl FnOnce(Phase) -> bool + Send + 'static,
        endpoint: &EndpointId,
        kind: EventKind,
        change: impl FnOnce(&mut Wanted) + Send + 'static,
        command: impl FnOnce(Ack) -> Command + Send + 'static,
    ) -> Result<(), ManagerError> {
        let (manager, endpoint) = (self.clone(), endpoint.clone());
        self.carry_out(async move {
            let _turn = manager.turn(&endpoint).await?;
            let entry = manager.entry(&endpoint)?;
            if !only(entry.state.borrow().phase) {
                return Ok(());
            }
            let mut wanted = entry.wanted();
            change(&mut wanted);
            let at_ms = manager.save(&wanted, kind).await?;
            // Only a shutdown ends a task meanwhile. Then its socket is closed, and what is kept holds.
            ask(&entry, at_ms, command).await;
            Ok(())
        })
        .await
    }
}

impl Wanted {
    /// A new endpoint.
    fn new(endpoint: &EndpointId) -> Self {
        Self { endpoint: endpoint.clone(), on: true, auto_reconnect: true, options: CheckedOptions::default() }
    }
}

impl Entry {
    /// What an administrator wants of it.
    pub(super) fn wanted(&self) -> Wanted {
        let state = self.state.borrow();
        Wanted {
            endpoint: self.endpoint.clone(),
            on: state.on,
            auto_reconnect: state.auto_reconnect,
            options: CheckedOptions::clone(&state.options),
        }
    }
}

/// Gives a command that was asked for at a time, and waits until it is carried out; false if the task has ended or is ending.
async fn ask(entry: &Entry, at_ms: i64, command: impl FnOnce(Ack) -> Command) -> bool {
    let (done, outcome) = oneshot::channel();
    let asked = Asked { command: command(done), at_ms: Some(at_ms) };
    entry.commands.send(asked).await.is_ok() && outcome.await.is_ok()
}
