//! The dry run of an endpoint, as a page that is sent step by step.

use axum::{
    Form,
    body::Body,
    extract::{Request, State},
    http::{Extensions, HeaderMap, StatusCode, Version, header::SET_COOKIE, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use leptos_axum::render_app_to_stream_in_order_with_context;

use super::{notices, render::provide_request_context};
use crate::{
    changes::{Notice, endpoint_of},
    dry_run::ShownDryRun,
    operations::{Actor, SignedIn},
    server::state::AppState,
    ui::app::shell,
};

/// Marks an answer that is sent as it comes about. Compressing it would hold back what has come about.
#[derive(Clone, Copy)]
struct AsItHappens;

/// Whether an answer may be compressed, which gathers it.
pub(super) fn may_be_gathered(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItHappens>().is_none()
}

/// `POST`: begins a dry run of the endpoint that the form names, and answers with its page. What cannot be begun is said on
/// the dashboard.
pub(super) async fn dry_run(
    State(state): State<AppState>,
    signed_in: SignedIn,
    request: Parts,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let field = |name: &str| fields.iter().find(|(own, _)| own == name).map(|(_, text)| text.clone());
    let endpoint = endpoint_of(&field).unwrap_or_default();
    match state.operations.by(Actor::Administrator(signed_in)).dry_run(&endpoint).await {
        Ok(begun) => show(&state, request, ShownDryRun::new(begun.endpoint, begun.steps)).await,
        Err(error) => {
            let notice = Notice { text: format!("{endpoint} was not tested. {error}"), endpoint, is_failure: true };
            let cookie = [(SET_COOKIE, notices::set_cookie(&notice, state.secure()))];
            (cookie, Redirect::to("/admin/websocket-monitor")).into_response()
        }
    }
}

async fn show(state: &AppState, request: Parts, shown: ShownDryRun) -> Response {
    let context = {
        let state = state.clone();
        move || {
            provide_request_context(&state);
            provide_context(shown.clone());
        }
    };
    let options = state.site.leptos.clone();
    let render = render_app_to_stream_in_order_with_context(context, move || shell(options.clone()));
    let mut response = render(Request::from_parts(request, Body::empty())).await;
    response.extensions_mut().insert(AsItHappens);
    response
}
