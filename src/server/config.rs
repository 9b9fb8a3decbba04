//! Options, from the command line, the environment and a file, in this order of precedence.

use std::{
    env, fs, io,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, builder::BoolishValueParser, error::ErrorKind};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{commands::Command, http::Limits, metrics::MetricsConfig, telemetry::LogFormat};
use wsmon_manager::{Base, GateConfig, InvalidBase};

const DEFAULT_BASE_URL: &str = "ws://localhost:8000/ws/";

/// Holds WebSocket connections, keeps them up, and shows which are not and why.
#[derive(Debug, Default, Parser)]
#[command(name = "websocket-monitor", version)]
struct Options {
    /// TOML file with the same keys as these options
    #[arg(long, env = "WSMON_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Address served [default: the site address of Leptos.toml, 127.0.0.1:3000]
    #[arg(long, env = "WSMON_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    #[arg(long, env = "WSMON_BASE_URL", value_name = "URL", hide_env_values = true,
          help = format!("ws or wss URL to whose path endpoint names are appended [default: {DEFAULT_BASE_URL}]"))]
    base_url: Option<String>,
    /// Directory of the embedded store [default: ./data]
    #[arg(long, env = "WSMON_DATA_DIR", value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// The only directory from which files are read that administrators name, such as certificates to trust
    #[arg(long, env = "WSMON_SECRETS_DIR", value_name = "DIR")]
    secrets_dir: Option<PathBuf>,
    /// Also start a sample upstream on the base URL's port
    #[arg(long, env = "WSMON_DEMO", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    demo: Option<bool>,
    /// How log lines look [default: pretty on a terminal, else json]
    #[arg(long, env = "WSMON_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// How browsers reach the server; https makes cookies Secure
    #[arg(long, env = "WSMON_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Url>,
    /// Proxies, as addresses or networks, whose X-Forwarded-For is believed
    #[arg(long, env = "WSMON_TRUSTED_PROXIES", value_name = "NETS", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Option<Vec<IpNet>>,
    /// Attempts to connect a second, over all endpoints [default: 2000]
    #[arg(long, env = "WSMON_CONNECT_RATE", value_name = "RATE")]
    connect_rate: Option<NonZeroU32>,
    /// With more endpoints than this, /metrics leaves out the series of single endpoints [default: 2000]
    #[arg(long, env = "WSMON_METRICS_ENDPOINT_LIMIT", value_name = "COUNT")]
    metrics_endpoint_limit: Option<usize>,
    /// Where Grafana is; puts a link on the page
    #[arg(long, env = "WSMON_GRAFANA_URL", value_name = "URL")]
    grafana_url: Option<Url>,
    /// Show anybody a connection's status as a picture, at /badge/{endpoint}.svg
    #[arg(long, env = "WSMON_BADGES", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    badges: Option<bool>,
    /// An OpenTelemetry collector that gets the logs too, by OTLP over HTTP (its port 4318)
    #[arg(long, env = "WSMON_OTLP_ENDPOINT", value_name = "URL", hide_env_values = true)]
    otlp_endpoint: Option<Url>,
    /// Serve although what the pages load may be missing, as it is where nothing but Rust was built
    #[arg(long, hide = true)]
    without_page_files: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Reads a network; an address is a network of one.
fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map_err(|_| "neither an address nor a network such as 10.0.0.0/8".to_owned())
}

/// The keys of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    listen: Option<SocketAddr>,
    base_url: Option<String>,
    data_dir: Option<PathBuf>,
    secrets_dir: Option<PathBuf>,
    demo: Option<bool>,
    log_format: Option<LogFormat>,
    public_url: Option<Url>,
    trusted_proxies: Option<Vec<IpNet>>,
    connect_rate: Option<NonZeroU32>,
    metrics_endpoint_limit: Option<usize>,
    grafana_url: Option<Url>,
    badges: Option<bool>,
    otlp_endpoint: Option<Url>,
}

/// The settings in force.
#[derive(Debug)]
pub struct Config {
    /// Address served; `None` for the site address of Leptos.toml.
    pub listen: Option<SocketAddr>,
    /// Where endpoints lie.
    pub base_url: Base,
    /// Directory of the embedded store.
    pub data_dir: PathBuf,
    /// The only directory from which files are read that administrators name; `None` refuses every file.
    pub secrets_dir: Option<PathBuf>,
    /// Whether to start the sample upstream.
    pub demo: bool,
    /// How log lines look.
    pub log_format: LogFormat,
    /// The password of `admin` on the first start; none to make one up.
    pub admin_password: Option<SecretString>,
    /// How browsers reach the server; https makes cookies Secure.
    pub public_url: Option<Url>,
    /// Proxies whose word on where a request comes from is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Attempts to connect a second, over all endpoints.
    pub connect_rate: NonZeroU32,
    /// Who may scrape metrics, and how much.
    pub metrics: MetricsConfig,
    /// Where Grafana is; puts a link on the page.
    pub grafana_url: Option<Url>,
    /// Whether anybody may see a connection's status as a picture.
    pub badges: bool,
    /// The collector that gets the logs too.
    pub otlp_endpoint: Option<Url>,
    /// Whether to serve although the scripts and styles that pages load may be missing, so that what is
    /// shown does not come to life: for tests of everything else.
    pub without_page_files: bool,
    /// What clients may take of the server. There is no option for it.
    pub limits: Limits,
}

/// What the program is started for.
#[derive(Debug)]
pub enum Invocation {
    /// To serve.
    Serve(Box<Config>),
    /// To do something to the store in this directory.
    Command(PathBuf, Command),
}

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
        /// What is wrong with it.
        message: String,
    },
    /// The base URL cannot be used.
    #[error("the base URL cannot be used: {0}")]
    BaseUrl(#[from] InvalidBase),
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

impl Config {
    /// Reads the command line, the environment and the file.
    ///
    /// # Errors
    ///
    /// Any [`ConfigError`].
    pub fn load() -> Result<Invocation, ConfigError> {
        let mut options = Options::try_parse()?;
        let file = options.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let command = options.command.take();
        let mut config = Self::merge(options, file)?;
        config.admin_password = secret("WSMON_ADMIN_PASSWORD")?;
        config.metrics.token = secret("WSMON_METRICS_TOKEN")?;
        Ok(match command {
            Some(command) => Invocation::Command(config.data_dir, command),
            None => Invocation::Serve(Box::new(config)),
        })
    }

    /// Everything but the secrets, which are neither options nor keys.
    fn merge(options: Options, file: File) -> Result<Self, ConfigError> {
        let metrics = MetricsConfig::default();
        let endpoint_limit = options.metrics_endpoint_limit.or(file.metrics_endpoint_limit);
        let base_url = options.base_url.or(file.base_url);
        Ok(Self {
            listen: options.listen.or(file.listen),
            base_url: base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).parse()?,
            data_dir: options.data_dir.or(file.data_dir).unwrap_or_else(|| "data".into()),
            secrets_dir: options.secrets_dir.or(file.secrets_dir),
            demo: options.demo.or(file.demo).unwrap_or_default(),
            log_format: options.log_format.or(file.log_format).unwrap_or_default(),
            admin_password: None,
            public_url: options.public_url.or(file.public_url),
            trusted_proxies: options.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            connect_rate: options.connect_rate.or(file.connect_rate).unwrap_or(GateConfig::default().rate),
            grafana_url: options.grafana_url.or(file.grafana_url),
            badges: options.badges.or(file.badges).unwrap_or_default(),
            otlp_endpoint: options.otlp_endpoint.or(file.otlp_endpoint),
            without_page_files: options.without_page_files,
            limits: Limits::default(),
            metrics: MetricsConfig { endpoint_limit: endpoint_limit.unwrap_or(metrics.endpoint_limit), ..metrics },
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = format!("line {line}: {}", error.message().replace('\n', "; "));
            ConfigError::File { path: path.to_owned(), message }
        })
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// A secret from a variable, or from the file that the variable with `_FILE` behind its name tells.
/// A line break at the file's end is not part of it.
fn secret(variable: &str) -> Result<Option<SecretString>, ConfigError> {
    if let Ok(value) = env::var(variable) {
        return Ok(Some(value.into()));
    }
    let Some(path) = env::var_os(format!("{variable}_FILE")) else { return Ok(None) };
    let text = read(Path::new(&path))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        let program = ["websocket-monitor"];
        Options::try_parse_from(program.iter().chain(arguments)).expect("valid options")
    }

    #[test]
    fn an_option_wins_over_the_file_and_the_file_over_the_default() {
        let file: File =
            toml::from_str("base-url = 'ws://file/'\ndemo = true\ndata-dir = '/file'\nsecrets-dir = '/file'")
                .expect("valid file");
        let config = Config::merge(options(&["--base-url", "ws://option/"]), file).expect("valid");
        assert_eq!(config.base_url.to_string(), "ws://option/");
        assert_eq!((config.demo, config.data_dir.to_str()), (true, Some("/file")));
        assert_eq!(config.secrets_dir, Some("/file".into()));

        let file: File = toml::from_str("demo = true").expect("valid file");
        let config = Config::merge(options(&["--demo=false"]), file).expect("valid");
        assert!(!config.demo);
        assert_eq!(config.base_url.to_string(), DEFAULT_BASE_URL);
        assert_eq!((config.listen, config.data_dir.to_str()), (None, Some("data")));
    }

    #[test]
    fn an_unknown_key_in_the_file_is_an_error() {
        assert!(toml::from_str::<File>("basse-url = 'ws://x/'").is_err());
    }
}
