//! Signing in and out, and the guard in front of pages.

use axum::{
    Form, RequestExt,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{RETRY_AFTER, SET_COOKIE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{bodies, render, session};
use crate::{
    auth::{AuthError, LoginError, Visitor},
    error::AppError,
    operations::{SignInError, SignedIn},
    server::state::AppState,
};
use wsmon_model::{LocalPath, LoginFailure, LoginRetry};
use wsmon_store::StoreError;

/// Where to go after a login that says nothing else.
const HOME: &str = "/admin";

/// What the login form sends.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    username: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`: signs in and goes on to where the visitor was headed, or shows the form again.
pub(super) async fn log_in(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Parts,
    Form(form): Form<LoginForm>,
) -> Response {
    let next = LocalPath::new(&form.next).map_or_else(|| HOME.to_owned(), |next| next.to_string());
    let secure = state.secure();
    let former = session::id(&request.headers, secure);
    match state.operations.sign_in(form.username, form.password.into(), visitor, former).await {
        Ok(id) => ([(SET_COOKIE, session::set_cookie(Some(&id), secure))], Redirect::to(&next)).into_response(),
        Err(SignInError::Login(error)) => refuse(&state, &error, next, request).await,
        Err(SignInError::NotDone(error)) => plain(&error.into()),
    }
}

/// The answer where there is no page to show the reason on, such as while the monitor shuts down.
fn plain(error: &AppError) -> Response {
    (error.http_status(), error.to_string()).into_response()
}

async fn refuse(state: &AppState, error: &LoginError, next: String, request: Parts) -> Response {
    let (status, failure) = match error {
        LoginError::Credentials => (StatusCode::UNAUTHORIZED, LoginFailure::Credentials),
        LoginError::TooMany { wait, .. } => {
            (StatusCode::TOO_MANY_REQUESTS, LoginFailure::TooMany { wait_s: wait.as_secs() + 1 })
        }
        LoginError::Internal(AuthError::Store(StoreError::Full)) => {
            (StatusCode::INSUFFICIENT_STORAGE, LoginFailure::DiskFull)
        }
        LoginError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, LoginFailure::Internal),
    };
    let mut response = render::page_again(state, request, status, LoginRetry { failure, next }).await;
    if let LoginFailure::TooMany { wait_s } = failure {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
    }
    response
}

/// `POST /logout`: ends the session on the server, not just in the browser.
pub(super) async fn log_out(State(state): State<AppState>, visitor: Visitor, headers: HeaderMap) -> Response {
    let secure = state.secure();
    let done = match session::id(&headers, secure) {
        Some(id) => state.operations.sign_out(id, &visitor).await,
        None => Ok(()),
    };
    let answer = done.map_or_else(|error| plain(&error), |()| Redirect::to("/login").into_response());
    ([(SET_COOKIE, session::set_cookie(None, secure))], answer).into_response()
}

/// Lets a page or a call of a server function through only with a session. Without one, a page leads
/// to the login page and back, and a call is answered with 401 before its body is read.
///
/// Server functions check the session once more, themselves.
pub(super) async fn require_session(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == "/login" || path == "/logout" {
        return next.run(request).await;
    }
    let is_call = bodies::is_call(path);
    match request.extract_parts_with_state::<SignedIn, _>(&state).await {
        Ok(_) => next.run(request).await,
        Err(StatusCode::UNAUTHORIZED) if is_call => bodies::error(StatusCode::UNAUTHORIZED, &AppError::Unauthenticated),
        Err(status) if is_call => bodies::error(status, &AppError::Internal),
        Err(StatusCode::UNAUTHORIZED) => {
            let wanted = request.uri().path_and_query().map_or(HOME, |path| path.as_str());
            let next = if LocalPath::new(wanted).is_some() { wanted } else { HOME };
            Redirect::to(&login_path(next)).into_response()
        }
        Err(status) => status.into_response(),
    }
}

fn login_path(next: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/login?{query}")
}
