//! When the tokens expire with which endpoints sign in.

use tokio::task::spawn_blocking;
use wsmon_model::{EndpointId, ServiceName, TokenExpiry};

use super::{
    manager::ConnectionManager,
    tokens::{Expiries, expiry_of},
};

/// When tokens expire, as far as that is known.
#[derive(Clone, Debug, Default)]
pub struct TokenExpiries {
    /// Those that services' token services have issued.
    pub of_services: Vec<(ServiceName, TokenExpiry)>,
    /// The bearer tokens in the options that hold for an endpoint.
    pub of_endpoints: Vec<(EndpointId, TokenExpiry)>,
}

impl ConnectionManager {
    /// When the token expires with which an endpoint's next attempt signs in, if that is known.
    pub async fn token_expiry(&self, endpoint: &EndpointId) -> Option<TokenExpiry> {
        let entry = self.0.registry.get(endpoint)?;
        let options = entry.state.borrow().options.clone();
        if options.sign_in() {
            let directory = self.0.config.secrets_dir.clone();
            return spawn_blocking(move || expiry_of(&options, directory.as_ref())).await.ok().flatten();
        }
        entry.upstream.tokens.as_ref()?.expiry()
    }

    /// When all tokens expire. What options refer to is read: it blocks the thread.
    pub fn token_expiries(&self) -> TokenExpiries {
        let of_services = self.token_expiries_of_services();
        let mut expiries = Expiries::new(self.0.config.secrets_dir.as_ref());
        let of_endpoints = self.0.registry.entries().into_iter().filter_map(|entry| {
            let options = entry.state.borrow().options.clone();
            Some((entry.endpoint.clone(), expiries.of(&options)?))
        });
        TokenExpiries { of_services, of_endpoints: of_endpoints.collect() }
    }

    /// When the tokens expire that services' token services have issued.
    pub fn token_expiries_of_services(&self) -> Vec<(ServiceName, TokenExpiry)> {
        let upstreams = self.0.upstreams.values();
        let expiries =
            upstreams.filter_map(|upstream| Some((upstream.name.clone(), upstream.tokens.as_ref()?.expiry()?)));
        expiries.collect()
    }
}
