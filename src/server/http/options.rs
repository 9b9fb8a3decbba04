//! Saving a connection's options by the form on its page.

use axum::{
    http::{StatusCode, header::SET_COOKIE, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{notices, render};
use crate::{
    changes::{Notice, OPTIONS, SHOW, UnsavedOptions, id_text, read_options},
    error::AppError,
    operations::ActorOperations,
    server::state::AppState,
};

/// Saves the options that a form holds, and leads back to it. When that cannot be done the answer is the page with what was
/// typed, and why it was not saved.
///
/// What was typed includes secrets. They come back in this one answer, to whoever has just sent them, and it is kept by
/// nobody (`no-store`); a redirect would have to keep them here, or put them into a cookie or the URL.
pub(super) async fn save(
    state: &AppState,
    admin: &ActorOperations,
    request: Parts,
    endpoint: String,
    fields: Vec<(String, String)>,
) -> Response {
    let endpoint = id_text(endpoint);
    match set(admin, &endpoint, &fields).await {
        Ok(()) => {
            let back = Redirect::to(&format!("{}?{SHOW}={OPTIONS}#{OPTIONS}", request.uri.path()));
            let text = format!("{endpoint} has new options, which hold from now on.");
            let notice = Notice { endpoint, text, is_failure: false };
            ([(SET_COOKIE, notices::set_cookie(&notice, state.secure()))], back).into_response()
        }
        Err(error) => {
            let status = match &error {
                AppError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
                error => error.http_status(),
            };
            render::page_again(state, request, status, UnsavedOptions { fields, error }).await
        }
    }
}

async fn set(admin: &ActorOperations, endpoint: &str, fields: &[(String, String)]) -> Result<(), AppError> {
    let (options, shown) = read_options(fields).map_err(AppError::InvalidField)?;
    admin.set_options(endpoint, options, shown).await
}
