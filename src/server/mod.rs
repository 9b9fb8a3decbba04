//! The server: everything that needs an operating system.

pub mod commands;
pub mod config;
mod demo;
mod descriptors;
mod http;
mod metrics;
pub mod oauth2;
mod site;
mod state;
pub mod telemetry;

use std::{collections::BTreeMap, future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, runtime::Handle, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{
    config::Config,
    demo::Demo,
    descriptors::Descriptors,
    http::Readiness,
    oauth2::{OAuth2, OAuth2Client},
    site::Site,
};
pub use self::{
    demo::DemoError,
    http::Limits as HttpLimits,
    metrics::MetricsConfig,
    site::{LEPTOS_TOML, PageFilesError},
    state::AppState,
};
use crate::{
    auth::{AuthError, Authenticator},
    operations::{ListHints, Operations},
};
use wsmon_manager::{
    CheckedOptions, ConnectionManager, Connectors, GateConfig, KeepError, ManagerConfig, SecretsDir, Service, Services,
    TokenService,
};
use wsmon_model::ServiceName;
use wsmon_store::{DirectoryLock, Store, StoreError};

/// Said at the start, when it is clear that not all can be up.
const TOO_FEW_DESCRIPTORS: &str = "the limit on open files leaves no room for every connection: raise it (LimitNOFILE in \
                                   the systemd unit, or ulimit -n) and start the monitor again";

/// Said at the start of a service whose configuration names what is not there.
const UNUSABLE_SERVICE: &str = "what the configuration of a service names cannot be used";

/// Why the server could not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address to listen on cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The administrator's password could not be set.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The secrets directory cannot be used.
    #[error("the secrets directory {} cannot be used: {source}", .path.display())]
    SecretsDir {
        /// The directory.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// What is wanted of connections cannot be read.
    #[error("the connections in the store cannot be read: {0}")]
    Restore(#[from] KeepError),
    /// The demo's upstream could not start.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// What pages load cannot be served.
    #[error(transparent)]
    PageFiles(#[from] PageFilesError),
}

/// A server that is bound to its address and runs when told to.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: AppState,
    store: Store,
    demo: Option<Demo>,
    limits: HttpLimits,
    /// Held until everything has ended.
    _lock: DirectoryLock,
}

impl Server {
    /// Prepares a server: binds the address, locks the data directory, opens the store, sets the administrator's password on
    /// the first start, and starts the demo's upstream if wanted.
    ///
    /// # Errors
    ///
    /// Any [`ServerError`].
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        let site = Site::load(config.without_page_files)?;
        let settings = config.settings;
        let wanted = settings.listen.unwrap_or(site.leptos.site_addr);
        let listen_error = |source| ServerError::Listen { address: wanted, source };
        let listener = http::listen(wanted).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let lock = DirectoryLock::acquire(&settings.data_dir)?;
        let store = Store::open(&settings.data_dir).await?;
        let cut_short = store.complete_audit_cut_short().await?;
        if cut_short > 0 {
            warn!(operations = cut_short, "operations were cut short when the monitor ended last");
        }
        let metrics = MetricsConfig { token: config.metrics_token, endpoint_limit: settings.metrics_endpoint_limit };
        metrics.tell(settings.public_url.is_some());
        let authenticator = Authenticator::new(store.clone(), config.admin_password).await?;
        let secrets_dir = settings.secrets_dir.map(secrets_dir).transpose()?;
        let descriptors = Descriptors::raised();
        // The sample upstream has the other end of each socket.
        let most_sockets = if settings.demo { descriptors.sockets / 2 } else { descriptors.sockets };
        let default_service = config.services.get(&ServiceName::default()).filter(|_| settings.demo);
        let demo = match default_service {
            Some(service) => Some(Demo::start(&service.base).await?),
            None => None,
        };
        let gate = GateConfig { rate: settings.connect_rate, ..GateConfig::default() };
        let keeper = Arc::new(store.clone());
        let token_services = token_services(config.oauth2, &config.services, secrets_dir.as_ref()).await;
        let manager_config = ManagerConfig {
            gate,
            freshness: config.freshness,
            keeper,
            secrets_dir,
            most_sockets: Some(most_sockets),
            token_services,
            ..ManagerConfig::default()
        };
        let manager = ConnectionManager::new(config.services.clone(), manager_config);
        check_services(&manager, &config.services).await;
        let restored = manager.restore().await?;
        if restored > 0 {
            info!(connections = restored, "restored");
        }
        if restored > most_sockets {
            warn!(connections = restored, most_sockets, limit = descriptors.limit, "{TOO_FEW_DESCRIPTORS}");
        }
        let samples = if demo.is_some() { demo::samples().collect() } else { Vec::new() };
        let hints = ListHints { samples, grafana_url: settings.grafana_url.map(Into::into) };
        let operations = Operations::new(manager.clone(), authenticator.clone(), store.clone(), hints).await?;
        let state = AppState {
            operations,
            authenticator,
            manager,
            store: store.clone(),
            site,
            public_url: settings.public_url.map(Arc::new),
            trusted_proxies: settings.trusted_proxies.into(),
            metrics: Arc::new(metrics),
            badges: settings.badges,
            readiness: Readiness::default(),
            runtime: Handle::current(),
        };
        let limits = HttpLimits {
            connections: config.limits.connections.min(descriptors.clients),
            reserve: config.limits.reserve.min(descriptors.reserve),
            ..config.limits
        };
        Ok(Self { listener, address, state, store, demo, limits, _lock: lock })
    }

    /// The address it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its requests share.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `shutdown` completes, then closes every connection, and the store when every change
    /// that is under way is done and written down.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let manager = self.state.manager.clone();
        let operations = self.state.operations.clone();
        if self.demo.is_some() && manager.summary().total == 0 {
            for sample in demo::samples() {
                // The manager cannot be shutting down yet, and the outcome is for the page to show.
                let _ = manager.connect(&sample, Some(true)).await;
            }
        }
        info!(url = %format_args!("http://{}", self.address), "listening");
        self.store.check_in_background();
        // Sockets are closed while requests under way end, not after: a service manager may not wait.
        let told = CancellationToken::new();
        let close = async {
            shutdown.await;
            told.cancel();
            manager.shutdown().await;
        };
        let (routes, trusted_proxies) = (http::routes(&self.state, &self.limits), self.state.trusted_proxies.clone());
        tokio::join!(close, http::serve(self.listener, routes, self.limits, trusted_proxies, told.cancelled()));
        operations.finish().await;
        self.store.close().await;
        info!("stopped");
    }
}

fn secrets_dir(path: PathBuf) -> Result<SecretsDir, ServerError> {
    SecretsDir::new(&path).map_err(|source| ServerError::SecretsDir { path, source })
}

/// The token services of services. Logs which of their clients refer to what cannot be read now; attempts say so as well.
async fn token_services(
    clients: BTreeMap<ServiceName, OAuth2Client>,
    services: &Services,
    secrets_dir: Option<&SecretsDir>,
) -> BTreeMap<ServiceName, Arc<dyn TokenService>> {
    let connectors = Arc::new(Connectors::new(secrets_dir.cloned()));
    let mut token_services = BTreeMap::<_, Arc<dyn TokenService>>::new();
    for (service, client) in clients {
        let tls = services.get(&service).map(|service| service.tls.clone()).unwrap_or_default();
        let client = client.with_tls(tls);
        let oauth2 = OAuth2::new(client, secrets_dir.cloned(), Arc::clone(&connectors), oauth2::DEADLINE);
        if let Err(problem) = oauth2.check().await {
            warn!(%service, %problem, "{UNUSABLE_SERVICE}");
        }
        token_services.insert(service, Arc::new(oauth2));
    }
    token_services
}

/// Logs which files and secrets of services cannot be used now. Their attempts say so as well, and one of them may come
/// right by itself, so the other services need not wait for it. Says of each which proxy it has: with `env` nothing else does.
async fn check_services(manager: &ConnectionManager, services: &Services) {
    for Service { name, proxy, .. } in services.iter() {
        if let Err(problem) = manager.check(name, &CheckedOptions::default()).await {
            warn!(service = %name, %problem, "{UNUSABLE_SERVICE}");
        }
        let Some(proxy) = proxy else { continue };
        info!(service = %name, %proxy, "reached through a proxy");
        if let Err(problem) = manager.check_proxy(proxy).await {
            warn!(service = %name, %problem, "{UNUSABLE_SERVICE}");
        }
    }
    for (service, problem) in manager.unusable_certificates().await {
        warn!(%service, %problem, "{UNUSABLE_SERVICE}");
    }
}

/// Runs a server until SIGINT or SIGTERM.
///
/// # Errors
///
/// Any [`ServerError`].
pub async fn run_until_signal(config: Config) -> Result<(), ServerError> {
    Server::bind(config).await?.run(signalled()).await;
    Ok(())
}

async fn signalled() {
    let mut terminate =
        signal::unix::signal(signal::unix::SignalKind::terminate()).expect("SIGTERM can be listened to");
    tokio::select! {
        _ = signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
