//! Services, as `--service NAME=URL` and as tables of the file.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::error::ConfigError;
use wsmon_manager::{Base, Service, Services};
use wsmon_model::{ConnectionOptions, Secret, ServiceName};

/// What can be set of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ServiceTable {
    /// The ws or wss URL to whose path its endpoints' names are appended.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<Secret>,
    /// What holds for its endpoints whose own options say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<ConnectionOptions>,
}

/// One service's settings, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedService {
    name: ServiceName,
    table: ServiceTable,
}

/// Reads `NAME=URL`. The URL, whose query may hold a secret, is not repeated.
pub(super) fn named_url(text: &str) -> Result<NamedService, String> {
    let (name, url) = text.split_once('=').ok_or("write it as NAME=URL")?;
    let name = name.parse::<ServiceName>().map_err(|error| error.to_string())?;
    Ok(NamedService { name, table: ServiceTable { base_url: Some(Secret::new(url)), options: None } })
}

/// Writes services as tables by name, so that those of one layer are laid over those of another one by one.
pub(super) fn serialize<S: Serializer>(services: &[NamedService], serializer: S) -> Result<S::Ok, S::Error> {
    let mut tables = BTreeMap::new();
    for NamedService { name, table } in services {
        if tables.insert(name, table).is_some() {
            return Err(ser::Error::custom(format!("there are two services named {name}")));
        }
    }
    tables.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NamedService>, D::Error> {
    let tables = BTreeMap::<String, ServiceTable>::deserialize(deserializer)?;
    let named = |(name, table): (String, ServiceTable)| {
        let name = name.parse().map_err(|error| de::Error::custom(format!("“{name}”: {error}")))?;
        Ok(NamedService { name, table })
    };
    tables.into_iter().map(named).collect()
}

/// The services in force: `default`, whose URL is the key `base-url`, and those that are named.
pub(super) fn configured(base_url: &Secret, named: Vec<NamedService>) -> Result<Services, ConfigError> {
    let mut services = vec![Service {
        name: ServiceName::default(),
        base: base_url.expose().parse::<Base>()?,
        defaults: ConnectionOptions::default(),
    }];
    for NamedService { name, table } in named {
        let defaults = table.options.unwrap_or_default();
        match table.base_url {
            None if name.is_default() => services[0].defaults = defaults,
            Some(_) if name.is_default() => return Err(ConfigError::DefaultServiceUrl),
            None => return Err(ConfigError::NoServiceUrl(name)),
            Some(url) => match url.expose().parse() {
                Ok(base) => services.push(Service { name, base, defaults }),
                Err(why) => return Err(ConfigError::ServiceUrl { name, why }),
            },
        }
    }
    Ok(Services::new(services)?)
}
