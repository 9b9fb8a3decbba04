//! Layers of settings: each key has the value of the topmost layer that has it.

use std::collections::BTreeMap;

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::Serialized,
    value::{Dict, Map, Value},
};

use super::{
    error::{ConfigError, InvalidLayer},
    settings::Settings,
};
use wsmon_model::ServiceName;

/// The keys that one source sets.
#[derive(Debug)]
pub(super) struct Layer {
    /// The source, as people know it.
    source: String,
    keys: Dict,
}

impl Layer {
    pub(super) fn new(source: impl Into<String>, keys: Dict) -> Result<Self, ConfigError> {
        let mut layer = Self { source: source.into(), keys };
        layer.unite_default()?;
        Ok(layer)
    }

    /// A layer that also has services, each given as `NAME=URL`.
    pub(super) fn with_services<'a>(
        source: &str,
        mut keys: Dict,
        given: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ConfigError> {
        let mut services = BTreeMap::new();
        for text in given {
            let (name, url) = service(text).map_err(|why| why.in_layer(source))?;
            let table = Value::from(Dict::from([("base-url".to_owned(), url.into())]));
            if services.insert(name.to_string(), table).is_some() {
                return Err(InvalidLayer::Twice(name).in_layer(source));
            }
        }
        keys.insert("service".to_owned(), services.into());
        Self::new(source, keys)
    }

    /// Moves the base URL of the service `default` to the key `base-url`, which is another name for it.
    fn unite_default(&mut self) -> Result<(), ConfigError> {
        let Some(Value::Dict(_, services)) = self.keys.get_mut("service") else { return Ok(()) };
        let Some(Value::Dict(_, default)) = services.get_mut(ServiceName::DEFAULT) else { return Ok(()) };
        let Some(url) = default.remove("base-url") else { return Ok(()) };
        if self.keys.get("base-url").is_some_and(|other| *other != url) {
            return Err(InvalidLayer::TwoBaseUrls.in_layer(&self.source));
        }
        self.keys.insert("base-url".to_owned(), url);
        Ok(())
    }
}

/// Reads `NAME=URL`.
fn service(text: &str) -> Result<(ServiceName, &str), InvalidLayer> {
    let (name, url) = text.split_once('=').ok_or(InvalidLayer::NoNameAndUrl)?;
    Ok((name.trim().parse().map_err(InvalidLayer::Name)?, url.trim()))
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.keys.clone()))
    }
}

/// The settings in force: those of each layer over those of the layers before it, and over the defaults.
pub(super) fn merge(layers: impl IntoIterator<Item = Layer>) -> Result<Settings, ConfigError> {
    let defaults = Figment::from(Serialized::defaults(Settings::default()));
    Ok(layers.into_iter().fold(defaults, Figment::merge).extract()?)
}
