//! What pages are rendered with.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header::SET_COOKIE, request::Parts},
    response::Response,
};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{ResponseOptions, render_app_async_with_context, render_app_to_stream_in_order_with_context};
use wsmon_model::{RequestId, Theme};

use super::{cookies, notices};
use crate::{server::state::AppState, ui::app::shell};

/// What pages and server functions find in their context.
pub(super) fn provide_request_context(state: &AppState) {
    provide_context(state.clone());
    let parts = use_context::<Parts>();
    if let Some(nonce) = parts.as_ref().and_then(|parts| parts.extensions.get::<Nonce>()) {
        provide_context(nonce.clone());
    }
    if let Some(id) = parts.as_ref().and_then(|parts| parts.extensions.get::<RequestId>()) {
        provide_context(id.clone());
    }
    if let Some(notice) =
        parts.as_ref().filter(|parts| shows_notices(parts)).and_then(|parts| notices::get(&parts.headers))
    {
        provide_context(notice);
        if let Some(response) = use_context::<ResponseOptions>() {
            response.append_header(SET_COOKIE, notices::clear_cookie(state.secure()));
        }
    }
    let theme = parts.as_ref().and_then(|parts| cookies::get(&parts.headers, Theme::COOKIE)?.parse().ok());
    provide_context::<Theme>(theme.unwrap_or_default());
}

/// Whether a page is asked for that shows what came of a form.
fn shows_notices(parts: &Parts) -> bool {
    ["/admin/websocket-monitor", "/admin/account"].iter().any(|path| parts.uri.path().starts_with(path))
}

/// The page of a form, once more, in answer to one that did not do what it was sent for. The page finds in its context `why`
/// that is.
pub(super) async fn page_again<T>(state: &AppState, request: Parts, status: StatusCode, why: T) -> Response
where
    T: Clone + Send + Sync + 'static,
{
    let context = context_with(state, why);
    let options = state.site.leptos.clone();
    let render = render_app_async_with_context(context, move || shell(options.clone()));
    let mut response = render(Request::from_parts(request, Body::empty())).await;
    *response.status_mut() = status;
    response
}

/// A page that is sent as it comes about: what it waits for holds back only what stands below. It finds `shown` in its context.
pub(super) async fn page_as_it_happens<T>(state: &AppState, request: Parts, shown: T) -> Response
where
    T: Clone + Send + Sync + 'static,
{
    let context = context_with(state, shown);
    let options = state.site.leptos.clone();
    let render = render_app_to_stream_in_order_with_context(context, move || shell(options.clone()));
    render(Request::from_parts(request, Body::empty())).await
}

fn context_with<T>(state: &AppState, value: T) -> impl Fn() + Clone + Send + Sync + 'static
where
    T: Clone + Send + Sync + 'static,
{
    let state = state.clone();
    move || {
        provide_request_context(&state);
        provide_context(value.clone());
    }
}
