//! The dry run of an endpoint, as a page that is sent step by step.

use axum::{
    Form,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, Version, header::SET_COOKIE, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{notices, render};
use crate::{
    changes::{Notice, endpoint_of},
    dry_run::ShownDryRun,
    operations::{Actor, SignedIn},
    server::state::AppState,
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
        Ok(begun) => {
            let shown = ShownDryRun::new(begun.endpoint, begun.steps);
            let mut response = render::page_as_it_happens(&state, request, shown).await;
            response.extensions_mut().insert(AsItHappens);
            response
        }
        Err(error) => {
            let notice = Notice { text: format!("{endpoint} was not tested. {error}"), endpoint, is_failure: true };
            let cookie = [(SET_COOKIE, notices::set_cookie(&notice, state.secure()))];
            (cookie, Redirect::to("/admin/websocket-monitor")).into_response()
        }
    }
}
