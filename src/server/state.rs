//! What every request shares.

use std::{future::Future, sync::Arc, time::SystemTime};

use axum::extract::FromRef;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use tokio::runtime::Handle;
use tracing::error;
use url::Url;

use super::{
    audit::{self, AuditedAction, Outcome, ReportsOutcome},
    auth::{Authenticator, SessionId, Visitor},
    demo, guide,
    http::Readiness,
    metrics::MetricsConfig,
    option_changes::OptionChanges,
    telemetry::EndpointLog,
    under_way::UnderWay,
};
use crate::error::AppError;
use wsmon_manager::{ConnectionManager, KeepError, ManagerError, clock::unix_ms};
use wsmon_model::{
    Account, AuditAction, Connection, ConnectionList, ConnectionOptions, EndpointDetails, EndpointId, ListQuery,
    OptionsVersion, PeerText, Phase, SessionInfo,
};
use wsmon_store::{Store, StoreError, StoredSession};

/// Events of a connection shown at once.
const EVENTS_SHOWN: u32 = 50;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The connections.
    pub manager: ConnectionManager,
    /// Who may come in.
    pub authenticator: Authenticator,
    /// What is kept.
    pub store: Store,
    /// Changes that a shutdown waits for.
    pub under_way: UnderWay,
    /// Changes of options.
    pub option_changes: OptionChanges,
    /// Where the page's files lie.
    pub leptos: LeptosOptions,
    /// Whether the demo's upstream runs.
    pub demo: bool,
    /// How browsers reach the server, if it was told.
    pub public_url: Option<Arc<Url>>,
    /// Proxies whose word on where a request comes from is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Who may scrape metrics, and how much.
    pub metrics: Arc<MetricsConfig>,
    /// Whether anybody may see a connection's status as a picture.
    pub badges: bool,
    /// Where Grafana is, if it was told.
    pub grafana_url: Option<Arc<Url>>,
    /// What was last found about being ready.
    pub readiness: Readiness,
    /// The latest log lines about each endpoint; empty where the program's logging does not run.
    pub endpoint_log: EndpointLog,
    /// What runs the tasks.
    pub runtime: Handle,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl AppState {
    /// Whether browsers reach the server over https.
    pub fn secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// One page of the list of connections, with the demo's endpoints that could be added.
    pub fn list(&self, query: &ListQuery) -> ConnectionList {
        let mut list = self.manager.list(query);
        list.disk_full = self.store.is_full();
        list.store_problem = self.store.problem_text();
        list.grafana_url = self.grafana_url.as_ref().map(ToString::to_string);
        if self.demo {
            list.samples = demo::samples().filter(|sample| self.manager.get(sample).is_none()).collect();
        }
        list
    }

    /// The monitoring guide, in HTML.
    pub fn guide(&self) -> &'static str {
        guide::html()
    }

    /// One connection with its options, secrets masked, and its latest events.
    ///
    /// # Errors
    ///
    /// [`AppError::NotFound`], and [`AppError::Internal`] when the events cannot be read.
    pub async fn details(&self, endpoint: EndpointId) -> Result<EndpointDetails, AppError> {
        let options = self.manager.options(&endpoint)?;
        let defaults = self.manager.defaults(&endpoint.service).masked();
        let options_version = self.option_changes.version(options.given())?;
        let options = options.given().masked();
        let events = self.store.events_of(&endpoint, EVENTS_SHOWN).await?;
        let connection = self.manager.get(&endpoint);
        Ok(EndpointDetails {
            now_ms: unix_ms(SystemTime::now()),
            connection,
            options,
            defaults,
            options_version,
            events,
        })
    }

    /// Sets what differs for a connection; a secret that is sent as its mask stays as it was. With a
    /// version, only if these are still the options that were shown.
    ///
    /// # Errors
    ///
    /// As for [`OptionChanges`]: [`AppError::InvalidField`], [`AppError::Invalid`],
    /// [`AppError::Conflict`], [`AppError::NotFound`], and [`AppError::DiskFull`].
    pub async fn set_options(
        &self,
        endpoint: &EndpointId,
        options: ConnectionOptions,
        shown: Option<&OptionsVersion>,
    ) -> Result<OptionsVersion, AppError> {
        self.option_changes.set(&self.manager, endpoint, options, shown).await
    }

    /// Connects an endpoint, and gives the outcome of the attempt.
    ///
    /// # Errors
    ///
    /// [`AppError::ShuttingDown`], [`AppError::DiskFull`], [`AppError::NotFound`] for one that is
    /// removed meanwhile, and [`AppError::Interrupted`] when a shutdown ends the attempt.
    pub async fn connect(&self, name: EndpointId, auto_reconnect: Option<bool>) -> Result<Connection, AppError> {
        let mut handle = self.manager.connect(&name, auto_reconnect).await?;
        let settled = handle.outcome().await?;
        if settled.phase != Phase::Connected && !self.manager.is_running() {
            return Err(AppError::Interrupted);
        }
        self.manager.get(&name).ok_or(AppError::NotFound(name))
    }

    /// Does what somebody asks for and writes down what came of it. Neither a browser that leaves
    /// before the answer nor a shutdown stops it.
    pub(crate) async fn audited<T: ReportsOutcome + Send + 'static>(
        &self,
        audited: AuditedAction,
        work: impl Future<Output = Result<T, AppError>> + Send + 'static,
    ) -> Result<T, AppError> {
        let store = self.store.clone();
        self.under_way.run(async move { audit::carry_out(&store, &audited, work).await }).await?
    }

    /// Writes down what somebody did.
    pub(crate) async fn record(
        &self,
        who: &str,
        visitor: &Visitor,
        action: AuditAction,
        object: &str,
        outcome: Outcome,
    ) {
        audit::record(&self.store, who, visitor, action, object, outcome).await;
    }

    /// An administrator's account, as seen from one of its sessions.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn account(&self, name: &str, current: &SessionId) -> Result<Account, StoreError> {
        let now_ms = unix_ms(SystemTime::now());
        let current = current.sha256();
        let describe = |session: StoredSession| SessionInfo {
            key: BASE64_URL_SAFE_NO_PAD.encode(&session.id_sha256),
            started_ms: session.started_ms,
            used_ms: session.used_ms,
            address: session.address,
            agent: PeerText::from(session.agent),
            current: session.id_sha256 == current,
        };
        let sessions = self.store.sessions_of(name, now_ms).await?;
        Ok(Account { name: name.to_owned(), sessions: sessions.into_iter().map(describe).collect(), now_ms })
    }

    /// Ends a session of an administrator's own; false if it has none of that key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn end_own_session(&self, name: &str, key: &str) -> Result<bool, StoreError> {
        let Ok(id_sha256) = BASE64_URL_SAFE_NO_PAD.decode(key) else { return Ok(false) };
        self.store.end_session_of(name, &id_sha256).await
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        error!(%error, "the store failed");
        match error {
            StoreError::Full => Self::DiskFull,
            _ => Self::Internal,
        }
    }
}

impl From<ManagerError> for AppError {
    fn from(error: ManagerError) -> Self {
        match error {
            ManagerError::Unknown(endpoint) => Self::NotFound(endpoint),
            ManagerError::NoService(name) => Self::Invalid(format!("No service named “{name}” is configured.")),
            ManagerError::ShuttingDown => Self::ShuttingDown,
            ManagerError::Interrupted => Self::Interrupted,
            ManagerError::Keep(KeepError::Full) => Self::DiskFull,
            ManagerError::Keep(KeepError::Failed(reason)) => {
                error!(reason, "what is wanted could not be kept");
                Self::Internal
            }
        }
    }
}
