//! The HTTP side: routes, sessions, the pages' files, and what stands in front of them.

mod badge;
mod cookies;
mod headers;
mod health;
mod host;
mod login;
mod requests;
mod serve;
mod session;
mod visitor;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::request::Parts,
    middleware::{from_fn, from_fn_with_state},
    response::Redirect,
    routing::{get, post},
};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    LeptosRoutes, file_and_error_handler_with_context, generate_route_list, render_app_async_with_context,
};
use tower_http::{
    catch_panic::CatchPanicLayer, csrf::CsrfLayer, limit::RequestBodyLimitLayer, timeout::RequestBodyTimeoutLayer,
};

pub(crate) use self::session::{SignedIn, set_cookie};
pub(super) use self::{health::Readiness, serve::serve};
use super::{metrics, state::AppState};
use crate::{
    model::{LoginRetry, RequestId, Theme},
    ui::app::{App, shell},
};

/// The most a request's body may hold, in bytes. What forms and server functions send is small.
const BODY_LIMIT: usize = 64 * 1024;

/// How long the next part of a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything that is served.
pub(super) fn router(state: AppState) -> Router {
    let page = {
        let options = state.leptos.clone();
        move || shell(options.clone())
    };
    let context = {
        let state = state.clone();
        move || provide_request_context(&state)
    };
    let badges = match state.badges {
        true => Router::new().route("/badge/{*file}", get(badge::badge)),
        false => Router::new(),
    };
    Router::new()
        .route("/login", post(login::log_in))
        .route("/logout", post(login::log_out))
        .leptos_routes_with_context(&state, generate_route_list(App), context.clone(), page)
        .route_layer(from_fn_with_state(state.clone(), login::require_session))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .merge(badges)
        .route("/", get(|| async { Redirect::to("/admin") }))
        .fallback(file_and_error_handler_with_context::<AppState, _>(context, shell))
        .layer(CatchPanicLayer::new())
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(same_origin_only(&state))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .layer(from_fn(requests::log))
        .with_state(state)
}

/// Refuses with 403 what another site makes a browser send, if it could change anything.
fn same_origin_only(state: &AppState) -> CsrfLayer {
    let layer = CsrfLayer::new();
    let Some(public) = &state.public_url else { return layer };
    // A proxy may have put its own name in the place of the one that browsers know.
    layer.clone().add_trusted_origin(public.origin().ascii_serialization()).unwrap_or(layer)
}

/// What pages and server functions find in their context.
fn provide_request_context(state: &AppState) {
    provide_context(state.clone());
    let parts = use_context::<Parts>();
    if let Some(nonce) = parts.as_ref().and_then(|parts| parts.extensions.get::<Nonce>()) {
        provide_context(nonce.clone());
    }
    if let Some(id) = parts.as_ref().and_then(|parts| parts.extensions.get::<RequestId>()) {
        provide_context(id.clone());
    }
    let theme = parts.as_ref().and_then(|parts| cookies::get(&parts.headers, Theme::COOKIE)?.parse().ok());
    provide_context::<Theme>(theme.unwrap_or_default());
}

/// The login page, once more, in answer to a form that did not let anybody in.
async fn login_page(state: &AppState, retry: LoginRetry, nonce: Nonce) -> axum::response::Response {
    let context = {
        let state = state.clone();
        move || {
            provide_request_context(&state);
            provide_context(retry.clone());
        }
    };
    let options = state.leptos.clone();
    let render = render_app_async_with_context(context, move || shell(options.clone()));
    let mut request = axum::extract::Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/login");
    request.extensions_mut().insert(nonce);
    render(request).await
}
