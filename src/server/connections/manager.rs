//! The handle through which everybody else reaches the connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::task::TaskTracker;

use super::{
    config::ManagerConfig,
    dial::Dialer,
    message::{Message, Subscription},
    registry::{Entry, Registry},
    session::Heartbeat,
    state::{ConnectionState, Shared},
    target::Base,
    task::{Ack, Command, ConnectionTask},
};
use crate::model::{BaseUrl, Connection, ConnectionList, EndpointName, ListQuery, Phase, Summary};

/// Commands that may wait for a connection's task.
const COMMANDS: usize = 16;

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
    config: ManagerConfig,
    tasks: TaskTracker,
    spawned: AtomicU64,
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
        let shown_base = base.shown();
        let dialer = Dialer::new(base, Arc::clone(&config.transport), config.handshake_timeout);
        Self(Arc::new(Inner {
            registry: Arc::default(),
            shown_base,
            dialer: Arc::new(dialer),
            config,
            tasks: TaskTracker::new(),
            spawned: AtomicU64::new(0),
        }))
    }

    /// Connects an endpoint now: adds it if it is new, starts an attempt if it is disconnected, and
    /// changes nothing if it is connected or connecting. There is never a second connection of the
    /// same name. With `Some`, also sets auto reconnect, which is on for a new endpoint.
    ///
    /// Returns once the attempt has begun; [`ConnectionHandle::settled`] waits for its outcome.
    ///
    /// # Errors
    ///
    /// [`ManagerError::ShuttingDown`].
    pub async fn connect(
        &self,
        endpoint: &EndpointName,
        auto_reconnect: Option<bool>,
    ) -> Result<ConnectionHandle, ManagerError> {
        loop {
            if self.0.tasks.is_closed() {
                return Err(ManagerError::ShuttingDown);
            }
            let new = || self.spawn(endpoint.clone(), auto_reconnect.unwrap_or(true));
            let (entry, created) = self.0.registry.get_or_insert_with(endpoint, new);
            // A new connection's task begins with an attempt; told to connect, it might make two.
            if created || ask(&entry, |done| Command::Connect { auto_reconnect, done }).await {
                return Ok(ConnectionHandle { created, state: entry.state.clone() });
            }
            // It is being removed this moment. Wait until its socket is closed, then add it anew.
            entry.commands.closed().await;
        }
    }

    /// Disconnects an endpoint, which then stays off. Returns when its socket is closed.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub async fn disconnect(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        self.command(endpoint, |done| Command::Disconnect { done }).await
    }

    /// Sets whether a connection is connected again after it was lost. Turned off, it also ends a
    /// wait for the next attempt; turned on, it also connects a connection that was lost.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub async fn set_auto_reconnect(&self, endpoint: &EndpointName, enabled: bool) -> Result<(), ManagerError> {
        self.command(endpoint, |done| Command::SetAutoReconnect { enabled, done }).await
    }

    /// Removes an endpoint. Returns when its socket is closed and its task has ended.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub async fn remove(&self, endpoint: &EndpointName) -> Result<(), ManagerError> {
        let entry = self.entry(endpoint)?;
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
        Some(entry.describe(&self.0.shown_base))
    }

    /// How many connections there are in each status.
    pub fn summary(&self) -> Summary {
        self.0.registry.summary()
    }

    /// One page of the list.
    pub fn list(&self, query: &ListQuery) -> ConnectionList {
        self.0.registry.list(query, &self.0.shown_base, SystemTime::now())
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
    }

    fn entry(&self, endpoint: &EndpointName) -> Result<Arc<Entry>, ManagerError> {
        self.0.registry.get(endpoint).ok_or_else(|| ManagerError::Unknown(endpoint.clone()))
    }

    async fn command(&self, endpoint: &EndpointName, command: impl FnOnce(Ack) -> Command) -> Result<(), ManagerError> {
        let entry = self.entry(endpoint)?;
        if ask(&entry, command).await { Ok(()) } else { Err(ManagerError::Unknown(endpoint.clone())) }
    }

    /// Starts the task of a new connection. The task takes its entry out of the registry when it
    /// ends, and only then drops its end of the command channel.
    fn spawn(&self, endpoint: EndpointName, auto_reconnect: bool) -> Entry {
        let inner = &self.0;
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (sender, state) = watch::channel(ConnectionState {
            phase: Phase::Connecting,
            since: SystemTime::now(),
            auto_reconnect,
            attempt: 0,
            next_retry: None,
            failure: None,
        });
        let shared = Arc::new(Shared::default());
        let number = inner.spawned.fetch_add(1, Ordering::Relaxed);
        let mut task = ConnectionTask {
            endpoint: endpoint.clone(),
            dialer: Arc::clone(&inner.dialer),
            backoff: inner.config.backoff,
            heartbeat: Heartbeat { interval: inner.config.ping_interval, timeout: inner.config.pong_timeout },
            rng: SmallRng::seed_from_u64(inner.config.seed.wrapping_add(number)),
            commands: receiver,
            state: sender,
            shared: Arc::clone(&shared),
            retry_at: None,
        };
        let registry = Arc::clone(&inner.registry);
        inner.tasks.spawn(async move {
            task.run().await;
            registry.remove(&task.endpoint);
        });
        Entry { endpoint, commands, state, shared }
    }
}

/// Gives a command and waits until it is carried out; false if the task has ended or is ending.
async fn ask(entry: &Entry, command: impl FnOnce(Ack) -> Command) -> bool {
    let (done, outcome) = oneshot::channel();
    entry.commands.send(command(done)).await.is_ok() && outcome.await.is_ok()
}
