//! Logs for an OpenTelemetry collector, by OTLP over HTTP.
//!
//! Logs and no traces: a span here is an attempt, of which the events tell more, or a request, which has no other span
//! within, and whose log line says all a trace would.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::KeyValue;
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{LogExporter, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    logs::{BatchConfigBuilder, BatchLogProcessor, SdkLoggerProvider},
};
use tokio::{runtime::Handle, task::JoinError, time::timeout};
use tokio_rustls::rustls::crypto::ring;
use tracing::{Metadata, Subscriber, info, warn};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, LevelFilter},
    registry::LookupSpan,
};
use url::Url;

use super::error::TelemetryError;

/// How long the end of the program waits for what is not sent yet.
pub(super) const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a collector may take over one batch.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Records that may wait to be sent; ten thousand connections may drop at once. Further ones are not sent.
const QUEUE: usize = 16_384;

/// The most that is read of a collector's answer.
const MAX_ANSWER_BYTES: usize = 1_024 * 1_024;

/// Sends records in batches, from a thread of its own. Must be called inside a tokio runtime.
///
/// # Errors
///
/// Any [`TelemetryError`].
pub(super) fn exporter(collector: &Url) -> Result<SdkLoggerProvider, TelemetryError> {
    if !matches!(collector.scheme(), "http" | "https") {
        return Err(TelemetryError::Endpoint);
    }
    let mut url = collector.clone();
    url.path_segments_mut().expect("http has paths").pop_if_empty().extend(["v1", "logs"]);
    let exporter = LogExporter::builder()
        .with_http()
        .with_endpoint(url)
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(Collector::new(Handle::current()))
        .build()?;
    let batches = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
    let resource = Resource::builder()
        .with_service_name(env!("CARGO_PKG_NAME"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    Ok(SdkLoggerProvider::builder()
        .with_resource(resource.build())
        .with_log_processor(BatchLogProcessor::builder(exporter).with_batch_config(batches).build())
        .build())
}

/// What feeds an exporter. Events name their endpoint themselves; their request is only in the span.
pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(exporter: &SdkLoggerProvider) -> impl Layer<S> {
    OpenTelemetryTracingBridge::builder(exporter)
        .with_tracing_span_attributes(TracingSpanAttributes::allowlist(["request_id"]))
        .build()
}

/// Sending must not log what is then to be sent.
pub(super) fn not_of_itself() -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let own = ["hyper", "opentelemetry", "rustls", module_path!()];
    FilterFn::new(move |event| !own.iter().any(|own| event.target().starts_with(own)))
        .with_max_level_hint(LevelFilter::TRACE)
}

/// The way to the collector. The exporter's thread knows no runtime, and hyper needs one.
#[derive(Debug)]
struct Collector {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    fails: AtomicBool,
}

impl Collector {
    fn new(runtime: Handle) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(ring::default_provider())
            .expect("ring supports rustls' default protocol versions")
            .https_or_http()
            .enable_http1()
            .build();
        Self { http: Client::builder(TokioExecutor::new()).build(connector), runtime, fails: AtomicBool::new(false) }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let answer = async move {
            let (head, body) = http.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        self.runtime.spawn(async { timeout(SEND_TIMEOUT, answer).await? }).await?
    }

    /// Says once that the collector fails, and once that it no longer does.
    fn note(&self, failure: Option<String>) {
        if self.fails.swap(failure.is_some(), Ordering::Relaxed) == failure.is_some() {
            return;
        }
        match failure {
            Some(reason) => warn!(reason, "logs do not reach the collector"),
            None => info!("logs reach the collector again"),
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request).await;
        if let Err(error) = &answer
            && error.is::<JoinError>()
        {
            // The program ends, which says nothing of the collector.
            return answer;
        }
        self.note(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("HTTP status {}", answer.status())),
            Err(error) => Some(root_cause(&**error).to_string()),
        });
        answer
    }
}

/// The error that says why; hyper's own say little more than that there is one.
fn root_cause<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
