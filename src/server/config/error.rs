//! What can be wrong with the configuration.

use std::{io, path::PathBuf, process::ExitCode};

use clap::error::ErrorKind;

use wsmon_manager::{InvalidBase, InvalidServices};
use wsmon_model::ServiceName;

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
    /// A value cannot be laid over another, such as a path that is not UTF-8.
    #[error(transparent)]
    Layers(#[from] Box<figment::Error>),
    /// A service's URL cannot be used.
    #[error("the URL of the service {name} cannot be used: {why}")]
    ServiceUrl {
        /// The service.
        name: ServiceName,
        /// Why not.
        why: InvalidBase,
    },
    /// A service has no URL.
    #[error("the service {0} has no base-url")]
    NoServiceUrl(ServiceName),
    /// The service `default` has a URL of its own.
    #[error("the URL of the service default is the key base-url, outside of [service.default]")]
    DefaultServiceUrl,
    /// Services' options cannot be used.
    #[error(transparent)]
    Services(#[from] InvalidServices),
    /// The base URL cannot be used.
    #[error("the base URL cannot be used: {0}")]
    BaseUrl(#[from] InvalidBase),
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
