//! What every request shares.

use std::sync::Arc;

use axum::extract::FromRef;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use tokio::runtime::Handle;
use url::Url;

use super::{http::Readiness, metrics::MetricsConfig, site::Site};
use crate::{auth::Authenticator, operations::Operations};
use wsmon_manager::ConnectionManager;
use wsmon_store::Store;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What administrators may do.
    pub operations: Operations,
    /// Who may come in.
    pub authenticator: Authenticator,
    /// The connections, for metrics, badges and readiness.
    pub manager: ConnectionManager,
    /// What is kept, for metrics and readiness.
    pub store: Store,
    /// The files that pages load.
    pub site: Site,
    /// How browsers reach the server, if it was told.
    pub public_url: Option<Arc<Url>>,
    /// Proxies whose word on where a request comes from is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Who may scrape metrics, and how much.
    pub metrics: Arc<MetricsConfig>,
    /// Whether anybody may see a connection's status as a picture.
    pub badges: bool,
    /// What was last found about being ready.
    pub readiness: Readiness,
    /// What runs the tasks.
    pub runtime: Handle,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.site.leptos.clone()
    }
}

impl AppState {
    /// Whether browsers reach the server over https.
    pub fn secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}
