//! The services that the settings name.

use super::{
    error::ConfigError,
    settings::{ServiceSettings, Settings},
};
use wsmon_manager::{Service, Services};
use wsmon_model::ServiceName;

/// The service `default`, and those besides it.
pub(super) fn services(settings: &Settings) -> Result<Services, ConfigError> {
    let mut tables = settings.service.clone();
    tables.entry(ServiceName::default()).or_default().base_url = Some(settings.base_url.clone());
    let services: Vec<_> = tables.into_iter().map(service).collect::<Result<_, _>>()?;
    Ok(Services::new(services)?)
}

fn service((name, table): (ServiceName, ServiceSettings)) -> Result<Service, ConfigError> {
    let Some(url) = table.base_url else { return Err(ConfigError::NoBaseUrl(name)) };
    match url.expose().parse() {
        Ok(base) => Ok(Service { name, base, defaults: table.options }),
        Err(why) => Err(ConfigError::BaseUrl { service: name, why }),
    }
}
