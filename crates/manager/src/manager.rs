//! The handle through which everybody else reaches the connections.

use std::{
    array,
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::{
    bus::{EventBus, EventSubscription},
    clock::WallClock,
    command::Command,
    config::ManagerConfig,
    counts::{EndpointSample, Timings},
    dial::Dialer,
    error::{ManagerError, SendError},
    event_writer::EventWriter,
    failure::Failure,
    frame::CloseCode,
    gate::Gate,
    message::{Message, Subscription},
    options::CheckedOptions,
    proxy::Proxy,
    registry::{Entry, Registry, View},
    service::{Service, Services, Upstream},
    silence_writer::{self, SilenceWriter},
    tokens::Tokens,
};
use wsmon_model::{
    Cause, Connection, ConnectionList, ConnectionOptions, EndpointId, FieldProblem, ListQuery, PendingAudit,
    ServiceInfo, ServiceName, Summary,
};

/// How many endpoints can be changed at once, at most.
const CHANGE_LOCKS: usize = 512;

/// How long a shutdown waits for sockets to close.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Holds connections. Cheap to clone; every clone is the same manager. When the last one is dropped,
/// every connection is closed.
#[derive(Clone)]
pub struct ConnectionManager(
    pub(super) Arc<Inner>,
    /// What is kept with each change made through this clone.
    pub(super) Option<Arc<PendingAudit>>,
);

pub(super) struct Inner {
    pub(super) registry: Arc<Registry>,
    /// The services that are configured.
    pub(super) upstreams: BTreeMap<ServiceName, Arc<Upstream>>,
    pub(super) dialer: Arc<Dialer>,
    pub(super) gate: Gate,
    pub(super) config: Arc<ManagerConfig>,
    pub(super) tasks: TaskTracker,
    /// Changes under way.
    pub(super) changes: TaskTracker,
    pub(super) timings: Arc<Timings>,
    pub(super) events: EventBus,
    pub(super) events_lost: Arc<AtomicU64>,
    pub(super) end_of_events: CancellationToken,
    pub(super) events_kept: TaskTracker,
    /// Whose turn it is to change what is wanted of an endpoint, by the hash of its name.
    pub(super) change_locks: [Mutex<()>; CHANGE_LOCKS],
    pub(super) spawned: AtomicU64,
    wall: WallClock,
}

impl ConnectionManager {
    /// Starts a manager without connections, whose endpoints lie below the base URLs of these services. Must be called inside a tokio runtime, on which the
    /// connections' tasks then run.
    pub fn new(services: impl Into<Services>, config: ManagerConfig) -> Self {
        let end_of_events = CancellationToken::new();
        let (events, events_lost) = (EventBus::new(), Arc::<AtomicU64>::default());
        let (keeper, end, lost) = (Arc::clone(&config.keeper), end_of_events.clone(), Arc::clone(&events_lost));
        let events_kept = TaskTracker::new();
        let registry = Arc::<Registry>::default();
        let silences = SilenceWriter::new(Arc::downgrade(&registry), Arc::clone(&keeper));
        let (clock, weak) = (Arc::clone(&config.clock), Arc::downgrade(&registry));
        let writer = EventWriter::new(events.subscribe(), keeper, clock, weak, end, lost, silences);
        events_kept.spawn(writer.run());
        events_kept.close();
        let gate = Gate::new(&config.gate, config.seed);
        let services = services.into();
        let tokens = |service: &Service| {
            let issuer = Arc::clone(config.token_services.get(&service.name)?);
            Some(Tokens::new(issuer, config.backoff, config.seed, Arc::clone(&config.clock)))
        };
        let upstream =
            |service: &Service| (service.name.clone(), Arc::new(Upstream::new(service, gate.host(), tokens(service))));
        let upstreams = services.iter().map(upstream).collect();
        let inner = Arc::new(Inner {
            registry,
            upstreams,
            dialer: Arc::new(Dialer::new(&config)),
            gate,
            wall: WallClock::new(config.clock.now()),
            config: Arc::new(config),
            tasks: TaskTracker::new(),
            changes: TaskTracker::new(),
            timings: Arc::default(),
            events,
            events_lost,
            end_of_events,
            events_kept,
            change_locks: array::from_fn(|_| Mutex::default()),
            spawned: AtomicU64::new(0),
        });
        Self(inner, None)
    }

    /// A connection's options, secrets included.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub fn options(&self, endpoint: &EndpointId) -> Result<Arc<CheckedOptions>, ManagerError> {
        Ok(Arc::clone(&self.entry(endpoint)?.state.borrow().options))
    }

    /// Subscribes to an endpoint's messages, across reconnects.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Unknown`].
    pub fn subscribe(&self, endpoint: &EndpointId) -> Result<Subscription, ManagerError> {
        Ok(self.entry(endpoint)?.shared.publisher.subscribe())
    }

    /// Sends a message on an open connection. Returns when it is queued.
    ///
    /// # Errors
    ///
    /// Any [`SendError`].
    pub async fn send(&self, endpoint: &EndpointId, message: Message) -> Result<(), SendError> {
        let entry = self.entry(endpoint).map_err(|_| SendError::Unknown)?;
        let (done, outcome) = oneshot::channel();
        let asked = entry.commands.send(Command::Send { message, done }.into()).await;
        asked.map_err(|_| SendError::Unknown)?;
        outcome.await.unwrap_or(Err(SendError::NotConnected))
    }

    /// One connection as it is now.
    pub fn get(&self, endpoint: &EndpointId) -> Option<Connection> {
        let entry = self.0.registry.get(endpoint)?;
        Some(entry.describe(&self.view()))
    }

    /// How many connections there are in each status.
    pub fn summary(&self) -> Summary {
        self.0.registry.summary()
    }

    /// How many connections of each service there are in each status; every configured service is among them.
    pub fn summaries(&self) -> BTreeMap<ServiceName, Summary> {
        let mut summaries = self.0.registry.summaries();
        for name in self.0.upstreams.keys() {
            summaries.entry(name.clone()).or_default();
        }
        summaries
    }

    /// One page of the list.
    pub fn list(&self, query: &ListQuery) -> ConnectionList {
        let services = self.services().collect();
        ConnectionList { services, ..self.0.registry.list(query, &self.view()) }
    }

    /// Every endpoint as it is now, for metrics' sake.
    pub fn sample(&self) -> Vec<EndpointSample> {
        let view = self.view();
        self.0.registry.entries().iter().map(|entry| entry.sample(&view)).collect()
    }

    /// How long handshakes and pings took.
    pub fn timings(&self) -> &Timings {
        &self.0.timings
    }

    /// Whether it takes commands: until it is shut down.
    pub fn is_running(&self) -> bool {
        !self.0.registry.is_closed()
    }

    /// The services that are configured, in the order of their names.
    pub fn services(&self) -> impl Iterator<Item = ServiceInfo> {
        self.0.upstreams.values().filter_map(|upstream| upstream.info())
    }

    /// The defaults of a service's endpoints; plain ones if it is not configured.
    pub fn defaults(&self, service: &ServiceName) -> ConnectionOptions {
        self.0.upstreams.get(service).map(|upstream| upstream.defaults.given().clone()).unwrap_or_default()
    }

    /// How many connections are not up because the monitor's own machine or process lacks something, and
    /// why, in sentences; none if that is so of none.
    pub fn short_of_resources(&self) -> Option<(usize, String)> {
        let short = self.0.registry.entries().into_iter().filter_map(|entry| {
            let state = entry.state.borrow();
            let failure = state.failure.as_ref().filter(|failure| failure.cause() == Cause::LocalResources);
            failure.filter(|_| state.on).map(ToString::to_string)
        });
        let mut short = short.peekable();
        let why = short.peek().cloned()?;
        Some((short.count(), why))
    }

    /// Whether options can be used for endpoints of a service: whether they are whole together with its defaults, and
    /// what they name can be read.
    ///
    /// # Errors
    ///
    /// A [`FieldProblem`] of the field that is wrong, or names what cannot be read.
    pub async fn check(&self, service: &ServiceName, options: &CheckedOptions) -> Result<(), FieldProblem> {
        let none = CheckedOptions::default();
        let defaults = self.0.upstreams.get(service).map_or(&none, |upstream| &upstream.defaults);
        let whole = options.clone().over(defaults);
        let whole = whole.map_err(|why| FieldProblem::new(why.field().unwrap_or_default(), why.to_string()))?;
        self.0.dialer.check(&whole).await
    }

    /// Whether the password of a service's proxy can be read and used.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says why not.
    pub async fn check_proxy(&self, proxy: &Proxy) -> Result<(), Failure> {
        self.0.dialer.check_proxy(proxy).await
    }

    /// What happens to connections from now on, whatever the store does.
    pub fn events(&self) -> EventSubscription {
        self.0.events.subscribe()
    }

    /// Events that were lost because the keeper did not keep up.
    pub fn events_lost(&self) -> u64 {
        self.0.events_lost.load(Ordering::Relaxed)
    }

    /// Closes every connection with 1001 (going away), and waits until all are closed and every change
    /// under way is kept, 5 s at most. From the start of it nothing can be connected any more.
    pub async fn shutdown(&self) {
        let entries = self.0.registry.close();
        self.0.tasks.close();
        self.0.changes.close();
        // An error means that the task has ended by itself.
        let stops = entries.iter().map(|entry| entry.commands.send(Command::Stop { code: CloseCode::Away }.into()));
        let ended = async { tokio::join!(join_all(stops), self.0.tasks.wait(), self.0.changes.wait()) };
        if timeout(SHUTDOWN_TIMEOUT, ended).await.is_err() {
            let (left, changes) = (self.0.tasks.len(), self.0.changes.len());
            warn!(left, changes, "not every connection closed in time");
        }
        silence_writer::keep_all(&entries, &*self.0.config.keeper).await;
        self.0.end_of_events.cancel();
        self.0.events_kept.wait().await;
    }

    pub(super) fn entry(&self, endpoint: &EndpointId) -> Result<Arc<Entry>, ManagerError> {
        self.0.registry.get(endpoint).ok_or_else(|| {
            // A shutdown takes out every entry.
            if self.is_running() { ManagerError::Unknown(endpoint.clone()) } else { ManagerError::ShuttingDown }
        })
    }

    pub(super) fn view(&self) -> View<'_> {
        let upstreams = self.0.upstreams.values();
        let open = upstreams.filter_map(|upstream| Some((&upstream.name, upstream.gate.open_breaker()?)));
        View {
            wall: self.0.wall.times(self.0.config.clock.now()),
            open_breakers: open.collect(),
            freshness: self.0.config.freshness,
        }
    }
}
