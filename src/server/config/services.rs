//! The services that the settings name.

use std::env;

use super::{
    error::ConfigError,
    proxy::proxy,
    settings::{ServiceSettings, Settings},
};
use wsmon_manager::{Base, ClientFiles, Service, Services, TlsFiles};
use wsmon_model::{Secret, ServiceName};

/// The service `default`, and those besides it.
pub(super) fn services(settings: &Settings) -> Result<Services, ConfigError> {
    let mut tables = settings.service.clone();
    tables.entry(ServiceName::default()).or_default().base_url = Some(settings.base_url.clone());
    let services: Vec<_> = tables.into_iter().map(service).collect::<Result<_, _>>()?;
    Ok(Services::new(services)?)
}

fn service((name, table): (ServiceName, ServiceSettings)) -> Result<Service, ConfigError> {
    let Some(url) = table.base_url else { return Err(ConfigError::NoBaseUrl(name)) };
    let base: Base = match url.expose().parse() {
        Ok(base) => base,
        Err(why) => return Err(ConfigError::BaseUrl { service: name, why }),
    };
    let client = match (table.client_cert, table.client_key) {
        (Some(cert), Some(key)) => Some(ClientFiles { cert, key }),
        (None, None) => None,
        (Some(_), None) => return Err(ConfigError::HalfClientCertificate { service: name, missing: "client-key" }),
        (None, Some(_)) => return Err(ConfigError::HalfClientCertificate { service: name, missing: "client-cert" }),
    };
    let tls = TlsFiles { ca_file: table.ca_file, client };
    let setting = table.proxy.as_ref().map(Secret::expose);
    let named = setting.map(|setting| proxy(setting, &base, |name| env::var(name).ok())).transpose();
    match named {
        Ok(proxy) => Ok(Service { name, base, proxy: proxy.flatten(), defaults: table.options, tls }),
        Err((named_by, why)) => Err(ConfigError::Proxy { service: name, named_by, why }),
    }
}
