//! The token services that the settings name.

use std::collections::BTreeMap;

use super::{
    error::ConfigError,
    settings::{OAuth2Settings, ServiceSettings, Settings},
};
use crate::server::oauth2::{InvalidOAuth2, OAuth2Client};
use wsmon_model::ServiceName;

/// The clients that services have at token services.
pub(super) fn clients(settings: &Settings) -> Result<BTreeMap<ServiceName, OAuth2Client>, ConfigError> {
    let clients = settings.service.iter().filter_map(|(name, table)| Some((name, table.oauth2.as_ref()?, table)));
    let clients = clients.map(|(name, oauth2, table)| match client(oauth2, table) {
        Ok(client) => Ok((name.clone(), client)),
        Err(why) => Err(ConfigError::OAuth2 { service: name.clone(), why }),
    });
    clients.collect()
}

fn client(oauth2: &OAuth2Settings, table: &ServiceSettings) -> Result<OAuth2Client, InvalidOAuth2> {
    let options = &table.options;
    if options.bearer_token.is_some() || options.basic_auth.is_some() {
        return Err(InvalidOAuth2::TwoSignIns);
    }
    let OAuth2Settings { token_url, client_id, client_secret, scope } = oauth2.clone();
    OAuth2Client::new(token_url.expose(), client_id, client_secret, scope, options.ca_file.clone())
}
