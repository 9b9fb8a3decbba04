//! The command line, and the variables that stand for its options.

use std::{env, ffi::OsString, path::PathBuf};

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, parser::ValueSource};
use figment::value::{Dict, Value};

use super::{
    error::ConfigError,
    layer::Layer,
    settings::{self, Settings},
};
use crate::server::commands::Command;
use wsmon_model::Secret;

/// Services, as `--service` has them. clap would read it only without the option; here each adds to the other.
const SERVICES: &str = "WSMON_SERVICES";

/// Holds WebSocket connections, keeps them up, and shows which are not and why.
#[derive(Debug, Parser)]
#[command(name = "websocket-monitor", version)]
pub(super) struct Arguments {
    /// TOML file with the same keys as these options
    #[arg(long, env = "WSMON_CONFIG", value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[arg(long = "service", value_name = "NAME=URL", value_parser = settings::secret,
          help = format!("A further service: its name and its base URL; repeatable [env: {SERVICES}, a comma between]"))]
    services: Vec<Secret>,
    /// Serve although what the pages load may be missing, as it is where nothing but Rust was built
    #[arg(long, hide = true)]
    pub(super) without_page_files: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

impl Arguments {
    /// Reads the command line. The layers are what variables and what options set, without what holds by default.
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<(Self, [Layer; 2]), ConfigError> {
        let matches = Self::command().try_get_matches_from(arguments)?;
        let arguments = Self::from_arg_matches(&matches)?;
        let services = env::var_os(SERVICES).unwrap_or_default();
        let services = services.to_string_lossy();
        let services = services.split(',').filter(|text| !text.trim().is_empty());
        let keys = arguments.given_by(ValueSource::EnvVariable, &matches)?;
        let environment = Layer::with_services("the environment", keys, services)?;
        let keys = arguments.given_by(ValueSource::CommandLine, &matches)?;
        let options = Layer::with_services("the command line", keys, arguments.services.iter().map(Secret::expose))?;
        Ok((arguments, [environment, options]))
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
