//! Logs: on stderr and to a collector.

mod error;
mod log_format;
mod otlp;

use std::io::{self, IsTerminal};

use opentelemetry_sdk::logs::SdkLoggerProvider;
use tokio::task::spawn_blocking;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, FilterFn, LevelFilter},
    fmt,
    layer::{Filter, SubscriberExt},
    util::SubscriberInitExt,
};

pub use self::{error::TelemetryError, log_format::LogFormat};
use super::config::Settings;

/// Logging that has started.
pub struct Telemetry {
    exporter: Option<SdkLoggerProvider>,
}

/// Starts logging. `RUST_LOG` filters; without it, from level info. Must be called inside a tokio runtime.
///
/// # Errors
///
/// Any [`TelemetryError`].
pub fn init(settings: &Settings) -> Result<Telemetry, TelemetryError> {
    let exporter = settings.otlp_endpoint.as_ref().map(otlp::exporter).transpose()?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.log_format {
        LogFormat::Pretty => lines.compact().with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter()))
        .with(exporter.as_ref().map(|exporter| otlp::layer(exporter).with_filter(filter().and(otlp::not_of_itself()))))
        .init();
    Ok(Telemetry { exporter })
}

impl Telemetry {
    /// Sends what a collector has not got yet, for two seconds at most.
    pub async fn shutdown(self) {
        let Some(exporter) = self.exporter else { return };
        // What does not get through in time is on stderr all the same.
        let _ = spawn_blocking(move || exporter.shutdown_with_timeout(otlp::FLUSH_TIMEOUT)).await;
    }
}

/// What `RUST_LOG` asks for, but for what would tell secrets.
fn filter<S>() -> impl Filter<S> {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Below info these write whole requests, with the secrets in them.
    let discreet = |event: &Metadata<'_>| {
        *event.level() <= Level::INFO
            || !["tungstenite", "tokio_tungstenite"].iter().any(|writer| event.target().starts_with(writer))
    };
    asked.and(FilterFn::new(discreet).with_max_level_hint(LevelFilter::TRACE))
}
