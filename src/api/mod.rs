//! The server functions: what the page may ask of the server. Nothing else is in here.
//!
//! Each one is a public HTTP endpoint, so each one's whole body is a call of `as_admin`, which checks that an
//! administrator asks, and of the operation that is asked for.

mod account;
mod audit;
mod bulk;
mod connections;
mod fetch;
mod guide;
mod wire;

pub use account::load_account;
pub use audit::list_audit;
pub use bulk::{preview_bulk, step_bulk};
pub use connections::{
    change_connection, list_connections, load_availability, load_endpoint, load_options, load_summary,
};
pub use guide::load_guide;

#[cfg(feature = "ssr")]
use self::admin::{as_admin, set_status};

/// Which half this is.
const ON_SERVER: bool = cfg!(feature = "ssr");

/// The browser answers nobody.
#[cfg(not(feature = "ssr"))]
fn set_status(_: &crate::error::AppError) {}

/// The one helper that touches the server.
#[cfg(feature = "ssr")]
mod admin {
    use std::future::Future;

    use axum::{
        extract::FromRequestParts,
        http::{StatusCode, request::Parts},
    };
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use crate::{
        error::AppError,
        operations::{Actor, ActorOperations, SignedIn},
        server::AppState,
    };

    /// Does what an administrator asks for; for anybody else it answers 401 and does nothing. Gives the answer an
    /// error's HTTP status.
    pub(super) async fn as_admin<T, F>(operation: impl FnOnce(ActorOperations) -> F) -> Result<T, AppError>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        let outcome = match administrator().await {
            Ok(admin) => operation(admin).await,
            Err(error) => Err(error),
        };
        outcome.inspect_err(set_status)
    }

    /// What the administrator who asks may do.
    async fn administrator() -> Result<ActorOperations, AppError> {
        let state = use_context::<AppState>().ok_or(AppError::Internal)?;
        let mut parts = use_context::<Parts>().ok_or(AppError::Internal)?;
        let signed_in = SignedIn::from_request_parts(&mut parts, &state).await.map_err(|status| match status {
            StatusCode::UNAUTHORIZED => AppError::Unauthenticated,
            _ => AppError::Internal,
        })?;
        Ok(state.operations.by(Actor::Administrator(signed_in)))
    }

    /// Gives the answer an error's HTTP status.
    pub(super) fn set_status(error: &AppError) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(error.http_status());
        }
    }
}
