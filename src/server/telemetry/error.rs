//! Why logging could not start.

use opentelemetry_otlp::ExporterBuildError;

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The collector's URL is neither http nor https.
    #[error("the OTLP endpoint must be an http or https URL")]
    Endpoint,
    /// The exporter's own variables, `OTEL_…`, cannot be used.
    #[error("logs cannot be exported: {0}")]
    Exporter(#[from] ExporterBuildError),
}
