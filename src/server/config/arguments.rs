//! The command line, and the variables that stand for its options.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, parser::ValueSource};
use figment::value::{Dict, Value};

use super::{error::ConfigError, settings::Settings};
use crate::server::commands::Command;

/// Holds WebSocket connections, keeps them up, and shows which are not and why.
#[derive(Debug, Parser)]
#[command(name = "websocket-monitor", version)]
pub(super) struct Arguments {
    /// TOML file with the same keys as these options
    #[arg(long, env = "WSMON_CONFIG", value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// Serve although what the pages load may be missing, as it is where nothing but Rust was built
    #[arg(long, hide = true)]
    pub(super) without_page_files: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The keys that were given, and nothing that holds by default.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// By variables.
    pub(super) environment: Dict,
    /// By options.
    pub(super) options: Dict,
}

impl Arguments {
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<(Self, Given), ConfigError> {
        let matches = Self::command().try_get_matches_from(arguments)?;
        let arguments = Self::from_arg_matches(&matches)?;
        let given = Given {
            environment: arguments.given_by(ValueSource::EnvVariable, &matches)?,
            options: arguments.given_by(ValueSource::CommandLine, &matches)?,
        };
        Ok((arguments, given))
    }

    fn given_by(&self, source: ValueSource, matches: &ArgMatches) -> Result<Dict, ConfigError> {
        let ids = matches.ids().filter(|id| matches.value_source(id.as_str()) == Some(source));
        // clap knows an option by its field's name.
        let keys: Vec<_> = ids.map(|id| id.as_str().replace('_', "-")).collect();
        let mut settings = Value::serialize(&self.settings)?.into_dict().unwrap_or_default();
        settings.retain(|key, _| keys.contains(key));
        Ok(settings)
    }
}
