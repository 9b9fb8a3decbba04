//! What can be wrong with the configuration.

use std::{io, path::PathBuf, process::ExitCode};

use clap::error::ErrorKind;

use crate::server::oauth2::InvalidOAuth2;
use wsmon_manager::{InvalidBase, InvalidProxy, InvalidServices};
use wsmon_model::{ServiceName, ServiceNameError};

/// Why the program does not start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The command line or a variable is wrong; also asking for help or the version.
    #[error(transparent)]
    Options(#[from] clap::Error),
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file is not TOML with the keys of the options.
    #[error("{}: {message}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        message: String,
    },
    /// A layer of settings contradicts itself.
    #[error("{layer}: {why}")]
    Layer {
        /// Where they come from.
        layer: String,
        /// How.
        why: InvalidLayer,
    },
    /// A value cannot be laid over another, such as a path that is not UTF-8.
    #[error(transparent)]
    Layers(#[from] Box<figment::Error>),
    /// A service's base URL cannot be used.
    #[error("the base URL{} cannot be used: {why}", of(.service))]
    BaseUrl {
        /// Whose.
        service: ServiceName,
        /// Why not.
        why: InvalidBase,
    },
    /// A service's proxy cannot be used.
    #[error("the proxy of the service {service}{named_by} cannot be used: {why}")]
    Proxy {
        /// Whose.
        service: ServiceName,
        /// The variable that names it, as a clause; empty if it is written itself.
        named_by: String,
        /// Why not.
        why: InvalidProxy,
    },
    /// A service is nowhere.
    #[error("the service {0} has no base-url")]
    NoBaseUrl(ServiceName),
    /// A service's client at a token service cannot be used.
    #[error("the oauth2 table of the service {service} cannot be used: {why}")]
    OAuth2 {
        /// Whose.
        service: ServiceName,
        /// Why not.
        why: InvalidOAuth2,
    },
    /// A client certificate without its key, or the other way round.
    #[error("the service {service} has no {missing}: a client certificate needs both client-cert and client-key")]
    HalfClientCertificate {
        /// Whose.
        service: ServiceName,
        /// The key that is not there.
        missing: &'static str,
    },
    /// The services cannot be used together, or the defaults of one.
    #[error(transparent)]
    Services(#[from] InvalidServices),
}

/// Why services that are given cannot be used. Nothing repeats a URL, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLayer {
    /// No `=`.
    #[error("a service is given as NAME=URL, such as kraken=wss://ws.kraken.com/")]
    NoNameAndUrl,
    /// What stands before the `=` is no name.
    #[error("a service is given as NAME=URL. {0}")]
    Name(ServiceNameError),
    /// Two of one name.
    #[error("the service {0} is given twice")]
    Twice(ServiceName),
    /// `base-url` and that of the service `default` differ.
    #[error("base-url is that of the service default, and both are given and differ")]
    TwoBaseUrls,
}

impl InvalidLayer {
    pub(super) fn in_layer(self, layer: &str) -> ConfigError {
        ConfigError::Layer { layer: layer.to_owned(), why: self }
    }
}

/// Whose base URL it is, where that needs to be said.
fn of(service: &ServiceName) -> String {
    if service.is_default() { String::new() } else { format!(" of the service {service}") }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self::Layers(Box::new(error))
    }
}

impl ConfigError {
    /// Prints what there is to say, on one line unless help was asked for, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Options(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                print!("{error}");
                return ExitCode::SUCCESS;
            }
            Self::Options(error) => eprintln!("{}", error.to_string().lines().next().unwrap_or_default()),
            other => eprintln!("error: {other}"),
        }
        ExitCode::FAILURE
    }
}
