//! The forms of an administrator's own account.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};

use super::{notices, session::set_cookie};
use crate::{
    auth::SessionId,
    changes::{END_SESSION, Notice},
    error::AppError,
    operations::{Actor, ActorOperations, SignedIn},
    server::state::AppState,
};

/// `POST` to the account's page: changes the password, or ends another session, and leads back to the page, which says what
/// came of it.
pub(super) async fn change(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let field = |name: &str| fields.iter().find(|(own, _)| own == name).map(|(_, text)| text.clone());
    let admin = state.operations.by(Actor::Administrator(signed_in));
    let mut headers = HeaderMap::new();
    let outcome = match field(END_SESSION) {
        Some(key) => admin.end_session(&key).await.map(|()| "The session has ended."),
        None => change_password(&admin, &field).await.map(|session| {
            headers.append(SET_COOKIE, set_cookie(Some(&session), state.secure()));
            "The password is changed, and every other session has ended."
        }),
    };
    let is_failure = outcome.is_err();
    let text = outcome.map_or_else(|error| error.to_string(), str::to_owned);
    let notice = Notice { endpoint: String::new(), text, is_failure };
    headers.append(SET_COOKIE, notices::set_cookie(&notice, state.secure()));
    (headers, Redirect::to("/admin/account")).into_response()
}

async fn change_password(
    admin: &ActorOperations,
    field: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<SessionId, AppError> {
    let [current, new, repeated] = ["current", "new", "repeated"].map(|name| field(name).unwrap_or_default());
    if new != repeated {
        return Err(AppError::Invalid("The new password and its repetition differ.".to_owned()));
    }
    admin.change_password(current, new).await
}
