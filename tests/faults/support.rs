//! A monitor whose store is real and whose wall clock can be set.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::{net::TcpStream, runtime::Handle, task::spawn_blocking, time::Instant};
use wsmon_manager::{
    Base, CheckedOptions, ConnectionHandle, ConnectionManager, EventRecord, Happened, KeepError, Keeper, ManagerConfig,
    Services, Tcp, Transport, Wanted, clock::Clock,
};
use wsmon_model::{Connection, ConnectionOptions, EndpointId, Evidence, PendingAudit, Phase};
use wsmon_store::Store;

pub use super::common::{name, soon};
use super::{outcome::Outcome, wire::Server};

/// The endpoint that meets the fault.
pub const FEED: &str = "data-feed";

/// A monitor below a base URL.
pub struct Monitor {
    pub manager: ConnectionManager,
    pub clock: Arc<WallClock>,
    store: Store,
    evidence: Arc<Mutex<Option<Evidence>>>,
    directory: TempDir,
}

impl Monitor {
    pub async fn start(base: &str) -> Self {
        Self::start_on(Tcp, base).await
    }

    /// Starts it on a network of its own.
    pub async fn start_on(network: impl Transport, base: &str) -> Self {
        Self::start_with(network, base, |_, _| {}).await
    }

    /// Starts it with settings that differ; they may name things in its directory.
    pub async fn start_with(
        network: impl Transport,
        base: &str,
        change: impl FnOnce(&mut ManagerConfig, &Path),
    ) -> Self {
        Self::start_for(network, |_| base.parse::<Base>().expect("a base URL").into(), change).await
    }

    /// Starts it for services of its own; they may name things in its directory as well.
    pub async fn start_for(
        network: impl Transport,
        services: impl FnOnce(&Path) -> Services,
        change: impl FnOnce(&mut ManagerConfig, &Path),
    ) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().to_owned();
        let store = while_time_stands(async move { Store::open(&path).await }).await.expect("opens");
        let clock = Arc::new(WallClock::new());
        let evidence = Arc::default();
        let mut config = ManagerConfig {
            seed: 1,
            transport: Arc::new(network),
            clock: clock.clone(),
            keeper: Arc::new(Patient { store: store.clone(), evidence: Arc::clone(&evidence) }),
            ..ManagerConfig::default()
        };
        change(&mut config, directory.path());
        let manager = ConnectionManager::new(services(directory.path()), config);
        Self { manager, clock, store, evidence, directory }
    }

    /// Whether the host fails, so that one probe speaks for all of its endpoints.
    pub fn host_fails(&self) -> bool {
        self.manager.services().any(|service| service.failing)
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Connects the feed.
    pub async fn connect(&self, options: ConnectionOptions) -> ConnectionHandle {
        let options = CheckedOptions::new(options).expect("valid options");
        self.manager.connect(&name(FEED), options).await.expect("connects")
    }

    /// The feed as it is shown.
    pub fn feed(&self) -> Connection {
        self.manager.get(&name(FEED)).expect("it is there")
    }

    /// Connects the feed, and gives what came of that.
    pub async fn settled(self, options: ConnectionOptions) -> Outcome {
        let mut handle = self.connect(options).await;
        soon("the attempt's end", handle.settled()).await;
        self.outcome().await
    }

    /// Connects the feed, waits until that has failed or the connection has ended, and gives what came of it.
    pub async fn failed(self, options: ConnectionOptions) -> Outcome {
        let mut handle = self.connect(options).await;
        let failed = handle.wait_for(|state| state.failure.is_some() && state.phase != Phase::Connecting);
        soon("a failure", failed).await;
        self.outcome().await
    }

    /// What is shown of the feed now, and what was kept.
    pub async fn outcome(self) -> Outcome {
        let connection = self.feed();
        // It writes what waits to be kept.
        self.manager.shutdown().await;
        let store = self.store;
        let events = while_time_stands(async move { store.events_of(&name(FEED), 10).await }).await;
        let evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner).take();
        Outcome { connection, events: events.expect("events"), evidence }
    }
}

/// What comes of a server that follows a script.
pub async fn fault(script: impl AsyncFn(TcpStream)) -> Outcome {
    fault_with(ConnectionOptions::default(), script).await
}

/// What comes of a server that follows a script, when the connection has options.
pub async fn fault_with(options: ConnectionOptions, script: impl AsyncFn(TcpStream)) -> Outcome {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    server.during(script, monitor.failed(options)).await
}

/// A clock on the wall that can be set. It follows tokio's, so it stands when that is paused.
pub struct WallClock {
    began: Instant,
    at_first: Mutex<SystemTime>,
}

impl WallClock {
    /// Starts at a whole second, which is what a date in HTTP can tell.
    fn new() -> Self {
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
        let at_first = SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs());
        Self { began: Instant::now(), at_first: Mutex::new(at_first) }
    }

    /// Sets it.
    pub fn set(&self, change: impl FnOnce(SystemTime) -> SystemTime) {
        let mut at_first = self.at_first.lock().unwrap_or_else(PoisonError::into_inner);
        *at_first = change(*at_first);
    }
}

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        *self.at_first.lock().unwrap_or_else(PoisonError::into_inner) + self.began.elapsed()
    }
}

/// The store, fit for paused time, and the evidence of the latest failure that went into it.
struct Patient {
    store: Store,
    evidence: Arc<Mutex<Option<Evidence>>>,
}

impl Keeper for Patient {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        let store = self.store.clone();
        Box::pin(while_time_stands(async move { store.load().await }))
    }

    fn save<'a>(
        &'a self,
        wanted: &'a Wanted,
        event: &'a EventRecord,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        let (store, wanted, event, audit) = (self.store.clone(), wanted.clone(), event.clone(), audit.cloned());
        Box::pin(while_time_stands(async move { store.save(&wanted, &event, audit.as_ref()).await }))
    }

    fn forget<'a>(
        &'a self,
        endpoint: &'a EndpointId,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        let (store, endpoint, audit) = (self.store.clone(), endpoint.clone(), audit.cloned());
        Box::pin(while_time_stands(async move { store.forget(&endpoint, audit.as_ref()).await }))
    }

    fn append<'a>(&'a self, happened: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        let (store, happened) = (self.store.clone(), happened.clone());
        if let Some(evidence) = happened.events.iter().rev().find_map(|event| event.evidence.as_deref()) {
            *self.evidence.lock().unwrap_or_else(PoisonError::into_inner) = Some(evidence.clone());
        }
        Box::pin(while_time_stands(async move { store.append(&happened).await }))
    }
}

/// Does something while paused time stands still: it runs on whenever the test's own thread has nothing to do,
/// unless other threads do blocking work. Those of `SQLite` do not count as such, so the pool would time out.
async fn while_time_stands<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = Handle::current();
    spawn_blocking(move || runtime.block_on(work)).await.expect("no panic")
}
