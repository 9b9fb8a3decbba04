//! The handle through which everybody else reaches the connections.

use std::{
    array,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::{Mutex, MutexGuard, mpsc, oneshot, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    config::ManagerConfig,
    dial::Dialer,
    events::{self, EventSink},
    gate::{Gate, HostGate, Lane},
    keeper::{KeepError, Wanted},
    message::{Message, Subscription},
    options::Options,
    registry::{Entry, Registry, View},
    state::{ConnectionState, NextRetry, Shared},
    target::Base,
    task::{Ack, Change, Command, ConnectionTask},
};
use crate::{
    model::{BaseUrl, Connection, ConnectionList, EndpointName, Event, EventKind, ListQuery, Phase, Summary},
    server::clock::unix_ms,
};

/// Commands that may wait for a connection's task.
const COMMANDS: usize = 16;

/// How many endpoints can be changed at once, at most.
const TURNS: usize = 512;

/// How long a shutdown waits for sockets to close.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the manager did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManagerError {
    /// No connection has this name.
    #[error("there is no connection named {0}")]
    Unknown(EndpointName),
    /// The manager takes no more commands.
    #[error("the connection manager is shutting down")]
    ShuttingDown,
    /// What was asked for could not be kept, so it was not done.
    #[error("it could not be kept: {0}")]
    Keep(#[from] KeepError),
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection has this name.
    #[error("there is no such connection")]
    Unknown,
    /// The connection is not up.
    #[error("the connection is not up")]
    NotConnected,
    /// The peer does not read; messages already wait to be sent.
    #[error("too many messages wait to be sent")]
    OutboxFull,
}

/// Holds connections. Cheap to clone; every clone is the same manager.
#[derive(Clone)]
pub struct ConnectionManager(Arc<Inner>);

struct Inner {
    registry: Arc<Registry>,
    shown_base: BaseUrl,
    dialer: Arc<Dialer>,
    gate: HostGate,
    config: Arc<ManagerConfig>,
    tasks: TaskTracker,
    events: EventSink,
    end_of_events: CancellationToken,
    events_kept: TaskTracker,
    /// Whose turn it is to change what is wanted of an endpoint, by the hash of its name.
    turns: [Mutex<()>; TURNS],
    spawned: AtomicU64,
}

/// What is asked for when an endpoint is connected; none for as it was.
#[derive(Clone, Debug, Default)]
pub struct ConnectRequest {
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: Option<bool>,
    /// What differs for it.
    pub options: Option<Options>,
}

impl From<Option<bool>> for ConnectRequest {
    fn from(auto_reconnect: Option<bool>) -> Self {
        Self { auto_reconnect, options: None }
    }
}

impl From<Options> for ConnectRequest {
    fn from(options: Options) -> Self {
        Self { auto_reconnect: None, options: Some(options) }
    }
}

/// One connection, as seen by whoever has just connected it.
#[derive(Clone, Debug)]
pub struct ConnectionHandle {
    created: bool,
    state: watch::Receiver<ConnectionState>,
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
            return state.clone();
        }
        self.state()
    }

    /// Waits for the attempt under way to end, which its deadline bounds.
    pub async fn settled(&mut self) -> ConnectionState {
        self.wait_for(|state| state.phase != Phase::Connecting).await
    }
}

impl ConnectionManager {
    /// Starts a manager without connections. Must be called inside a tokio runtime, on which the
    /// connections' tasks then run.
    pub fn new(base: Base, config: ManagerConfig) -> Self {
        let end_of_events = CancellationToken::new();
        let (events, keep) = events::channel(Arc::clone(&config.keeper), end_of_events.clone());
        let events_kept = TaskTracker::new();
        events_kept.spawn(keep);
        events_kept.close();
        Self(Arc::new(Inner {
            registry: Arc::default(),
            shown_base: base.shown(),
            dialer: Arc::new(Dialer::new(base, &config)),
            gate: Gate::new(&config.gate, config.seed).host(),
            config: Arc::new(config),
            tasks: TaskTracker::new(),
            events,
            end_of_events,
            events_kept,
            turns: array::from_fn(|_| Mutex::default()),
            spawned: AtomicU64::new(0),
        }))
    }

    /// Adds every connection that is kept, wanted ones in the order of the gate; how many.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Keep`] when the kept state cannot be read.
    pub async fn restore(&self) -> Result<usize, ManagerError> {
        let all = self.0.config.keeper.load().await?;
        let count = all.len();
        for wanted in all {
            let endpoint = wanted.endpoint.clone();
            self.0.registry.get_or_insert_with(&endpoint, || self.spawn(wanted, Lane::Queue));
        }
        Ok(count)
    }

    /// Connects an endpoint now: adds it if it is new, starts an attempt if it is disconnected, and
    /// changes nothing if it is connected or connecting. There is never a second connection of the
    /// same name. What the request says of auto reconnect and options holds from now on; a new
    /// endpoint has auto reconnect on and plain options.
    ///
    /// Returns once that is kept and the attempt has begun; [`ConnectionHandle::settled`] waits for
    /// its outcome.
    ///
    /// # Errors
    ///
    /// [`ManagerError::ShuttingDown`], and [`ManagerError::Keep`], in which case nothing has changed.
    pub async fn connect(
        &self,
        endpoint: &EndpointName,
        request: impl Into<ConnectRequest>,
    ) -> Result<ConnectionHandle, ManagerError> {
        let ConnectRequest { auto_reconnect, options } = request.into();
        let _turn = self.turn(endpoint).await;
        if self.0.tasks.is_closed() {
            return Err(ManagerError::ShuttingDown);
        }
        let known = self.0.registry.get(endpoint);
        let before = known.as_ref().map_or_else(|| Wanted::new(endpoint), |entry| entry.wanted());
        let wanted = Wanted {
            on: true,
            auto_reconnect: auto_reconnect.unwrap_or(before.auto_reconnect),
            options: options.clone().unwrap_or(before.options),
            ..before
        };
        self.save(&wanted, EventKind::AskedToConnect).await?;
        let Some(entry) = known else {
            // A new connection's task begins with an attempt; told to connect, it might make two.
            let (entry, _) = self.0.registry.get_or_insert_with(endpoint, || self.spawn(wanted, Lane::Urgent));
            return Ok(ConnectionHandle { created: true, state: entry.state.clone() });
        };
        let change = Change { auto_reconnect, options: options.map(Arc::new) };
        if ask(&entry, |done| Command::Connect { change, done }).await {
            return Ok(ConnectionHandle { created: false, state: entry.state.clone() });
        }
        // Only a shutdown ends a task while its name is ours to change.
        Err(ManagerError::ShuttingDown)
    }

    /// Disconnects an endpoint, which then stays off. Returns when that is kept and its socket is
    /// closed.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`], [`ManagerError::ShuttingDown`], and [`ManagerError::Keep`], in
    /// which case nothing has changed. So for everything that changes a connection.
    pub async fn disconnect(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        let change = |wanted: &mut Wanted| wanted.on = false;
        self.change(endpoint, EventKind::AskedToDisconnect, change, |done| Command::Disconnect { done }).await
    }

    /// Stops the attempts of a connection that waits or is blocked, and still tells why it is down.
    /// Nothing happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn pause(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        if !matches!(self.entry(endpoint)?.state.borrow().phase, Phase::Waiting | Phase::Blocked) {
            return Ok(());
        }
        let change = |wanted: &mut Wanted| wanted.on = false;
        self.change(endpoint, EventKind::AskedToPause, change, |done| Command::Pause { done }).await
    }

    /// Lets the attempts of a connection that is off go on, when its turn at the gate comes. Nothing
    /// happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn resume(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        if self.entry(endpoint)?.state.borrow().phase != Phase::Off {
            return Ok(());
        }
        let change = |wanted: &mut Wanted| wanted.on = true;
        self.change(endpoint, EventKind::AskedToResume, change, |done| Command::Resume { done }).await
    }

    /// Sets whether a connection is connected again after it was lost. Turned off, it also ends a
    /// wait for the next attempt; turned on, it also connects a connection that was lost.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn set_auto_reconnect(&self, endpoint: &EndpointName, enabled: bool) -> Result<(), ManagerError> {
        let kind = if enabled { EventKind::AutoReconnectOn } else { EventKind::AutoReconnectOff };
        let change = Change { auto_reconnect: Some(enabled), options: None };
        let keep = |wanted: &mut Wanted| wanted.auto_reconnect = enabled;
        self.change(endpoint, kind, keep, |done| Command::Change { change, done }).await
    }

    /// Sets a connection's options. They hold at once: an open connection is opened anew, and one that
    /// waits is tried now.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn set_options(&self, endpoint: &EndpointName, options: Options) -> Result<(), ManagerError> {
        let change = Change { auto_reconnect: None, options: Some(Arc::new(options.clone())) };
        let keep = |wanted: &mut Wanted| wanted.options = options;
        self.change(endpoint, EventKind::OptionsChanged, keep, |done| Command::Change { change, done }).await
    }

    /// A connection's options, secrets included.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub fn options(&self, endpoint: &EndpointName) -> Result<Arc<Options>, ManagerError> {
        Ok(Arc::clone(&self.entry(endpoint)?.state.borrow().options))
    }

    /// Removes an endpoint and forgets its events. Returns when that is kept, its socket is closed and
    /// its task has ended.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn remove(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        let _turn = self.turn(endpoint).await;
        let entry = self.entry(endpoint)?;
        self.0.config.keeper.forget(endpoint).await?;
        // An error means that it is already on its way out; wait for that.
        let _ = entry.commands.send(Command::Stop { code: CloseCode::Normal }).await;
        entry.commands.closed().await;
        Ok(())
    }

    /// Subscribes to an endpoint's messages, across reconnects.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub fn subscribe(&self, endpoint: &EndpointName) -> Result<Subscription, ManagerError> {
        Ok(self.entry(endpoint)?.shared.feed.subscribe())
    }

    /// Sends a message on an open connection. Returns when it is queued.
    ///
    /// # Errors
    ///
    /// Any [`SendError`].
    pub async fn send(&self, endpoint: &EndpointName, message: Message) -> Result<(), SendError> {
        let entry = self.entry(endpoint).map_err(|_| SendError::Unknown)?;
        let (done, outcome) = oneshot::channel();
        let asked = entry.commands.send(Command::Send { message, done }).await;
        asked.map_err(|_| SendError::Unknown)?;
        outcome.await.unwrap_or(Err(SendError::NotConnected))
    }

    /// One connection as it is now.
    pub fn get(&self, endpoint: &EndpointName) -> Option<Connection> {
        let entry = self.0.registry.get(endpoint)?;
        Some(entry.describe(&self.view()))
    }

    /// How many connections there are in each status.
    pub fn summary(&self) -> Summary {
        self.0.registry.summary()
    }

    /// One page of the list.
    pub fn list(&self, query: &ListQuery) -> ConnectionList {
        self.0.registry.list(query, &self.view())
    }

    /// Events that were lost because the keeper did not keep up.
    pub fn events_lost(&self) -> u64 {
        self.0.events.lost()
    }

    /// Closes every connection with 1001 (going away) and waits until all are closed, 5 s at most.
    /// Afterwards nothing can be connected any more.
    pub async fn shutdown(&self) {
        self.0.tasks.close();
        for entry in self.0.registry.entries() {
            // A full queue must not hold up the others; such a task ends with the process.
            let _ = entry.commands.try_send(Command::Stop { code: CloseCode::Away });
        }
        if timeout(SHUTDOWN_TIMEOUT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.0.tasks.len(), "not every connection closed in time");
        }
        self.0.end_of_events.cancel();
        self.0.events_kept.wait().await;
    }

    fn entry(&self, endpoint: &EndpointName) -> Result<Arc<Entry>, ManagerError> {
        self.0.registry.get(endpoint).ok_or_else(|| ManagerError::Unknown(endpoint.clone()))
    }

    /// Waits until nobody else changes what is wanted of this endpoint: what is kept and what the
    /// task was told must come in the same order.
    async fn turn(&self, endpoint: &EndpointName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        endpoint.hash(&mut hasher);
        let index = hasher.finish() % self.0.turns.len() as u64;
        self.0.turns[usize::try_from(index).unwrap_or_default()].lock().await
    }

    async fn save(&self, wanted: &Wanted, kind: EventKind) -> Result<(), ManagerError> {
        let event = Event::new(wanted.endpoint.clone(), unix_ms(self.0.config.clock.now()), kind);
        Ok(self.0.config.keeper.save(wanted, &event).await?)
    }

    /// Keeps what is wanted of a connection from now on, then tells its task.
    async fn change(
        &self,
        endpoint: &EndpointName,
        kind: EventKind,
        change: impl FnOnce(&mut Wanted),
        command: impl FnOnce(Ack) -> Command,
    ) -> Result<(), ManagerError> {
        let _turn = self.turn(endpoint).await;
        let entry = self.entry(endpoint)?;
        let mut wanted = entry.wanted();
        change(&mut wanted);
        self.save(&wanted, kind).await?;
        if ask(&entry, command).await { Ok(()) } else { Err(ManagerError::ShuttingDown) }
    }

    fn view(&self) -> View<'_> {
        View { base: &self.0.shown_base, now: self.0.config.clock.now(), trouble: self.0.gate.trouble() }
    }

    /// Starts the task of a new connection. The task takes its entry out of the registry when it
    /// ends, and only then drops its end of the command channel.
    fn spawn(&self, wanted: Wanted, lane: Lane) -> Entry {
        let inner = &self.0;
        let Wanted { endpoint, on, auto_reconnect, options } = wanted;
        let (phase, next_retry) = match (on, lane) {
            (false, _) => (Phase::Off, None),
            (true, Lane::Urgent) => (Phase::Connecting, None),
            (true, Lane::Queue) => (Phase::Waiting, Some(NextRetry::AtGate)),
        };
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (sender, state) = watch::channel(ConnectionState {
            phase,
            since: inner.config.clock.now(),
            on,
            auto_reconnect,
            attempt: 0,
            next_retry,
            failure: None,
            options: Arc::new(options),
        });
        let shared = Arc::new(Shared::default());
        let number = inner.spawned.fetch_add(1, Ordering::Relaxed);
        let mut task = ConnectionTask {
            endpoint: endpoint.clone(),
            number,
            dialer: Arc::clone(&inner.dialer),
            gate: inner.gate.clone(),
            config: Arc::clone(&inner.config),
            events: inner.events.clone(),
            rng: SmallRng::seed_from_u64(inner.config.seed.wrapping_add(number)),
            commands: receiver,
            state: sender,
            shared: Arc::clone(&shared),
            permit: None,
        };
        let registry = Arc::clone(&inner.registry);
        inner.tasks.spawn(async move {
            task.run().await;
            registry.remove(&task.endpoint);
        });
        Entry { endpoint, commands, state, shared }
    }
}

impl Wanted {
    /// A new endpoint.
    fn new(endpoint: &EndpointName) -> Self {
        Self { endpoint: endpoint.clone(), on: true, auto_reconnect: true, options: Options::default() }
    }
}

impl Entry {
    /// What an administrator wants of it.
    fn wanted(&self) -> Wanted {
        let state = self.state.borrow();
        Wanted {
            endpoint: self.endpoint.clone(),
            on: state.on,
            auto_reconnect: state.auto_reconnect,
            options: Options::clone(&state.options),
        }
    }
}

/// Gives a command and waits until it is carried out; false if the task has ended or is ending.
async fn ask(entry: &Entry, command: impl FnOnce(Ack) -> Command) -> bool {
    let (done, outcome) = oneshot::channel();
    entry.commands.send(command(done)).await.is_ok() && outcome.await.is_ok()
}
