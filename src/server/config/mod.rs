//! The configuration: options, variables and a file, in this order of precedence.

mod arguments;
mod error;
mod file;
mod layer;
mod oauth2;
mod proxy;
mod secret;
mod services;
mod settings;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, env, path::PathBuf};

use secrecy::SecretString;

use self::arguments::Arguments;
pub use self::{
    error::{ConfigError, InvalidLayer},
    settings::{OAuth2Settings, ServiceSettings, Settings},
};
use super::{commands::Command, http::Limits, oauth2::OAuth2Client};
use wsmon_manager::{FreshnessConfig, Services};
use wsmon_model::ServiceName;

/// What a server is started with.
#[derive(Debug)]
pub struct Config {
    /// What options, variables and the file say.
    pub settings: Settings,
    /// The services that the settings name.
    pub services: Services,
    /// The clients that services have at token services.
    pub oauth2: BTreeMap<ServiceName, OAuth2Client>,
    /// The password of `admin` on the first start, from `WSMON_ADMIN_PASSWORD`; none to make one up.
    pub admin_password: Option<SecretString>,
    /// The bearer token that `/metrics` asks for, from `WSMON_METRICS_TOKEN`.
    pub metrics_token: Option<SecretString>,
    /// Whether to serve although the scripts and styles that pages load may be missing, so that what is
    /// shown does not come to life: for tests of everything else.
    pub without_page_files: bool,
    /// What clients may take of the server. There is no option for it.
    pub limits: Limits,
    /// How it is learned what is usual for a feed. There is no option for it.
    pub freshness: FreshnessConfig,
}

/// What the program is started for.
#[derive(Debug)]
pub enum Invocation {
    /// To serve.
    Serve(Box<Config>),
    /// To do something to the store in this directory.
    Command(PathBuf, Command),
}

impl Config {
    /// Reads the command line, the environment and the file.
    ///
    /// # Errors
    ///
    /// Any [`ConfigError`].
    pub fn load() -> Result<Invocation, ConfigError> {
        let (arguments, given) = Arguments::parse(env::args_os())?;
        let file = arguments.config.as_deref().map(file::read).transpose()?;
        let settings = layer::merge(file.into_iter().chain(given))?;
        let services = services::services(&settings)?;
        let oauth2 = oauth2::clients(&settings)?;
        Ok(match arguments.command {
            Some(command) => Invocation::Command(settings.data_dir, command),
            None => Invocation::Serve(Box::new(Self {
                settings,
                services,
                oauth2,
                admin_password: secret::read("WSMON_ADMIN_PASSWORD")?,
                metrics_token: secret::read("WSMON_METRICS_TOKEN")?,
                without_page_files: arguments.without_page_files,
                limits: Limits::default(),
                freshness: FreshnessConfig::default(),
            })),
        })
    }
}
