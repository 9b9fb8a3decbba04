//! `/metrics`: what Prometheus scrapes.

mod collector;
mod exposition;
mod process;

use axum::{
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tracing::error;

use self::{collector::Connections, exposition::Format, process::Process};
use super::{auth::Visitor, state::AppState};

/// Who may scrape, and how much.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// The bearer token to ask for; without one, only clients on this machine are answered.
    pub token: Option<SecretString>,
    /// With more endpoints than this, the series of single endpoints are left out.
    pub endpoint_limit: usize,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { token: None, endpoint_limit: 2_000 }
    }
}

/// `GET /metrics`.
pub(super) async fn scrape(State(state): State<AppState>, visitor: Visitor, headers: HeaderMap) -> Response {
    match &state.metrics.token {
        Some(token) if !has_token(&headers, token) => {
            let challenge = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
            return (StatusCode::UNAUTHORIZED, challenge, "The metrics need a bearer token.\n").into_response();
        }
        None if !visitor.address.is_loopback() => {
            let text = "Without WSMON_METRICS_TOKEN the metrics are for clients on this machine only.\n";
            return (StatusCode::FORBIDDEN, text).into_response();
        }
        _ => {}
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

/// Compared by hash, so that the time it takes tells nothing of the token.
fn has_token(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.is_some_and(|(_, given)| Sha256::digest(given) == Sha256::digest(token.expose_secret()))
}

fn render(state: &AppState, format: Format) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Connections::of(state)));
    registry.register_collector(Box::new(Process::now(&state.runtime)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(format.write(text))
}
