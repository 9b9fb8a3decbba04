//! The keys. Each is an option, a variable and a key of the file, and is defined here alone.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
};

use clap::{
    ArgAction, Args, Command, FromArgMatches,
    builder::{BoolishValueParser, OsStr, Resettable},
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::server::telemetry::LogFormat;
use wsmon_manager::GateConfig;
use wsmon_model::{ConnectionOptions, Secret, ServiceName};

/// What can be set. The options' help is the keys' as well.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Address served [default: the site address of Leptos.toml, 127.0.0.1:3000]
    #[arg(long, env = "WSMON_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// ws or wss URL to whose path the names of the service `default`'s endpoints are appended
    #[arg(long, env = "WSMON_BASE_URL", value_name = "URL", hide_env_values = true, value_parser = secret,
          default_value = "ws://localhost:8000/ws/")]
    pub base_url: Secret,
    /// Directory of the embedded store
    #[arg(long, env = "WSMON_DATA_DIR", value_name = "DIR", global = true, default_value = "./data")]
    pub data_dir: PathBuf,
    /// The only directory from which files are read that administrators name, such as certificates to trust
    #[arg(long, env = "WSMON_SECRETS_DIR", value_name = "DIR")]
    pub secrets_dir: Option<PathBuf>,
    /// Also start a sample upstream on the base URL's port
    #[arg(long, env = "WSMON_DEMO", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = BoolishValueParser::new(), value_name = "BOOL", action = ArgAction::Set,
          default_value = "false")]
    pub demo: bool,
    /// How log lines look [default: pretty on a terminal, else json]
    #[arg(
        long,
        env = "WSMON_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub log_format: LogFormat,
    /// How browsers reach the server; https makes cookies Secure
    #[arg(long, env = "WSMON_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,
    /// Proxies, as addresses or networks, whose X-Forwarded-For is believed
    #[arg(long, env = "WSMON_TRUSTED_PROXIES", value_name = "NETS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Attempts to connect a second, over all endpoints
    #[arg(long, env = "WSMON_CONNECT_RATE", value_name = "RATE", default_value_t = GateConfig::default().rate)]
    pub connect_rate: NonZeroU32,
    /// With more endpoints than this, /metrics leaves out the series of single endpoints
    #[arg(long, env = "WSMON_METRICS_ENDPOINT_LIMIT", value_name = "COUNT", default_value_t = 2_000)]
    pub metrics_endpoint_limit: usize,
    /// Where Grafana is; puts a link on the page
    #[arg(long, env = "WSMON_GRAFANA_URL", value_name = "URL")]
    pub grafana_url: Option<Url>,
    /// Show anybody a connection's status as a picture, at /badge/{endpoint}.svg
    #[arg(long, env = "WSMON_BADGES", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = BoolishValueParser::new(), value_name = "BOOL", action = ArgAction::Set,
          default_value = "false")]
    pub badges: bool,
    /// An OpenTelemetry collector that gets the logs too, by OTLP over HTTP (its port 4318)
    #[arg(long, env = "WSMON_OTLP_ENDPOINT", value_name = "URL", hide_env_values = true)]
    pub otlp_endpoint: Option<Url>,
    /// Further services, and the options of the service `default`. The option is `--service`.
    #[arg(skip)]
    pub service: BTreeMap<ServiceName, ServiceSettings>,
}

/// What can be set for one service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceSettings {
    /// ws or wss URL to whose path endpoint names are appended. That of the service `default` is [`Settings::base_url`].
    pub base_url: Option<Secret>,
    /// The token service that issues what its endpoints sign in with, unless their own options sign in.
    pub oauth2: Option<OAuth2Settings>,
    /// `http://[user:password@]host:port` of the proxy through which its host is reached, or `env` for the one that the usual
    /// variables name.
    pub proxy: Option<Secret>,
    /// PEM file of certificates to trust in place of the built-in authorities.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate that is shown to a server that asks for one, and of the intermediate ones behind it.
    pub client_cert: Option<PathBuf>,
    /// PEM file of its private key, without a passphrase.
    pub client_key: Option<PathBuf>,
    /// What holds for its endpoints where their own options say nothing.
    pub options: ConnectionOptions,
}

/// A client at an OAuth 2.0 token service (RFC 6749 section 4.4).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OAuth2Settings {
    /// Where tokens are asked for: https, or http on this machine.
    pub token_url: Secret,
    /// The client's id, or a reference to it.
    pub client_id: Secret,
    /// The client's secret, or a reference to it.
    pub client_secret: Secret,
    /// What the token is to be good for; the token service's default if it is left out.
    #[serde(default)]
    pub scope: Option<String>,
}

impl Default for Settings {
    /// The defaults of the options, whatever the environment holds.
    fn default() -> Self {
        let command = Self::augment_args(Command::new("defaults").no_binary_name(true));
        let command = command.mut_args(|argument| argument.env(Resettable::<OsStr>::Reset));
        let matches = command.try_get_matches_from::<_, &str>([]).expect("no option is required");
        Self::from_arg_matches(&matches).expect("defaults are valid")
    }
}

/// A text with a URL whose query may be a secret: what is wrong with it is said later, without repeating it.
#[expect(clippy::unnecessary_wraps, reason = "what clap asks for")]
pub(super) fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

/// Reads a network; an address is a network of one.
fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "neither an address nor a network such as 10.0.0.0/8".to_owned())
}
