//! `/metrics`: what Prometheus scrapes.

mod access;
mod collector;
mod config;
mod exposition;
mod process;

use std::net::SocketAddr;

use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use tracing::error;

pub use self::config::MetricsConfig;

use self::{collector::Connections, exposition::Format, process::Process};
use super::state::AppState;

/// `GET /metrics`.
pub(super) async fn scrape(
    State(state): State<AppState>,
    Extension(ConnectInfo(client)): Extension<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = access::refusal(&state, client.ip(), &headers) {
        return refusal;
    }
    let format = Format::accepted(headers.get(ACCEPT));
    // Thousands of endpoints are work of some milliseconds, which pages need not wait for.
    let text = tokio::task::spawn_blocking(move || render(&state, format)).await;
    match text {
        Ok(Ok(text)) => ([(CONTENT_TYPE, format.content_type())], text).into_response(),
        failed => {
            error!(?failed, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn render(state: &AppState, format: Format) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Connections::of(state)));
    registry.register_collector(Box::new(Process::now(&state.runtime)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(format.write(text))
}
