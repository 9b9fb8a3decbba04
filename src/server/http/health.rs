//! Whether the program lives, and whether it can do its work.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use tokio::time::Instant;

use super::readiness::Found;
use crate::server::state::AppState;

/// How long an answer of `/readyz` holds: anybody may ask, and each look writes to the disk.
const READY_HOLDS: Duration = Duration::from_secs(1);

/// `GET /healthz`: answers, and so lives.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when the store can be written and is sound, the manager runs and lacks nothing of its
/// own machine, else 503 with the reason.
pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, String) {
    let mut last = state.readiness.0.lock().await;
    let found = match &*last {
        Some((at, found)) if at.elapsed() < READY_HOLDS => found.clone(),
        _ => {
            let found = look(&state).await;
            *last = Some((Instant::now(), found.clone()));
            found
        }
    };
    match found {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

async fn look(state: &AppState) -> Found {
    if !state.manager.is_running() {
        return Err("the connection manager is shutting down".into());
    }
    if let Some(damage) = state.store.damage() {
        return Err(format!("the store is damaged: {damage}").into());
    }
    let written = state.store.try_writing().await;
    written.map_err(|trouble| format!("the store cannot be written: {trouble}"))?;
    match state.manager.short_of_resources() {
        Some((count, why)) => Err(format!("connections that cannot be up: {count}. {why}").into()),
        None => Ok(()),
    }
}
