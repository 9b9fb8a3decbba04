//! Changes of connections by forms that the browser sends itself: before the page lives, or where it never will.

use axum::{
    Form,
    extract::{Path, State},
    http::{StatusCode, header::SET_COOKIE, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{notices, options};
use crate::{
    changes::{Change, ChangeKind, SAVE_OPTIONS},
    operations::{Actor, SignedIn},
    server::state::AppState,
};
use wsmon_model::LocalPath;

/// The dashboard, which shows what came of a change wherever it was asked for.
const DASHBOARD: &str = "/admin/websocket-monitor";

/// `POST` to the dashboard or a connection's page: makes the change that the form asks for, and leads back to the page,
/// which says what came of it.
pub(super) async fn change(
    State(state): State<AppState>,
    signed_in: SignedIn,
    endpoint: Option<Path<String>>,
    request: Parts,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let admin = state.operations.by(Actor::Administrator(signed_in));
    let field = |name: &str| fields.iter().find(|(own, _)| own == name).map(|(_, text)| text.clone());
    if let (Some(Path(endpoint)), Some(_)) = (endpoint, field(SAVE_OPTIONS)) {
        return options::save(&state, &admin, request, endpoint, fields).await;
    }
    let Some(change) = Change::from_fields(&field) else {
        return (StatusCode::BAD_REQUEST, "The form asks for nothing that can be done.\n").into_response();
    };
    let answer = admin.change(&change).await;
    let notice = change.notice(&answer).map(|notice| [(SET_COOKIE, notices::set_cookie(&notice, state.secure()))]);
    let uri = &request.uri;
    // The page of what is removed is gone.
    let is_gone = change.kind == ChangeKind::Remove && answer.is_ok() && uri.path() != DASHBOARD;
    let here = uri.path_and_query().and_then(|here| LocalPath::new(here.as_str())).filter(|_| !is_gone);
    let back = Redirect::to(here.as_ref().map_or(DASHBOARD, LocalPath::as_str));
    (notice, back).into_response()
}
