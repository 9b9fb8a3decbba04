//! Signing in and out, and the guard in front of pages.

use axum::{
    Extension, Form, RequestExt,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{RETRY_AFTER, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::nonce::Nonce;
use secrecy::SecretString;
use serde::Deserialize;
use tracing::{error, warn};
use url::form_urlencoded;

use super::{
    bodies, render,
    session::{self, SignedIn},
};
use crate::{
    error::AppError,
    server::{
        audit::Outcome,
        auth::{AuthError, LoginError, SessionId, Visitor},
        state::AppState,
    },
};
use wsmon_model::{AuditAction, LocalPath, LoginFailure, LoginRetry, PeerText};
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
    Extension(nonce): Extension<Nonce>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Response {
    let next = LocalPath::new(&form.next).map_or_else(|| HOME.to_owned(), |next| next.to_string());
    let secure = state.secure();
    let entering = enter(state.clone(), form.username, form.password.into(), visitor, headers);
    match state.under_way.run(entering).await {
        Ok(Ok(id)) => ([(SET_COOKIE, session::set_cookie(Some(&id), secure))], Redirect::to(&next)).into_response(),
        Ok(Err(error)) => refuse(&state, &error, next, nonce).await,
        Err(error) => plain(&error),
    }
}

/// The answer to what was not even begun, such as while the monitor shuts down.
fn plain(error: &AppError) -> Response {
    let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, error.to_string()).into_response()
}

/// Signs in, and writes down what came of it.
async fn enter(
    state: AppState,
    name: String,
    password: SecretString,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<SessionId, LoginError> {
    let entered = state.authenticator.log_in(&name, password, &visitor).await;
    let username = PeerText::new(&name);
    let outcome = match &entered {
        Ok(_) => {
            // Whatever session the browser came with is over: nobody can have planted one to be adopted.
            end_session(&state, &headers).await;
            Outcome::done()
        }
        Err(error) => {
            warn!(%username, address = %visitor.address, %error, "not signed in");
            Outcome::from(error)
        }
    };
    if !matches!(entered, Err(LoginError::TooMany { is_first: false, .. })) {
        state.record(username.as_str(), &visitor, AuditAction::LogIn, "", outcome).await;
    }
    entered
}

async fn refuse(state: &AppState, error: &LoginError, next: String, nonce: Nonce) -> Response {
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
    let mut response = render::login_page(state, LoginRetry { failure, next }, nonce).await;
    *response.status_mut() = status;
    if let LoginFailure::TooMany { wait_s } = failure {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
    }
    response
}

/// `POST /logout`: ends the session on the server, not just in the browser.
pub(super) async fn log_out(State(state): State<AppState>, visitor: Visitor, headers: HeaderMap) -> Response {
    let (secure, under_way) = (state.secure(), state.under_way.clone());
    let leaving = async move {
        if let Some(name) = end_session(&state, &headers).await {
            state.record(&name, &visitor, AuditAction::LogOut, "", Outcome::done()).await;
        }
    };
    if let Err(error) = under_way.run(leaving).await {
        return plain(&error);
    }
    ([(SET_COOKIE, session::set_cookie(None, secure))], Redirect::to("/login")).into_response()
}

async fn end_session(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let id = session::id(headers, state.secure())?;
    state.authenticator.log_out(&id).await.unwrap_or_else(|error| {
        error!(%error, "a session could not be ended");
        None
    })
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
