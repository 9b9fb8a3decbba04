//! The cookie that holds a session's id, and who a request comes from.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, request::Parts},
};
use tracing::error;

use super::cookies;
use crate::{
    auth::{SessionId, Visitor},
    operations::SignedIn,
    server::state::AppState,
};
use wsmon_store::SESSION_LIFE_MS;

/// The cookie's name. A browser takes the prefix `__Host-` only from a secure page, for this host
/// alone and for all its paths, so that no neighbour can plant one (RFC 6265bis section 4.1.3.2).
fn name(secure: bool) -> &'static str {
    if secure { "__Host-wsmon_session" } else { "wsmon_session" }
}

/// The session id a browser came with.
pub(super) fn id(headers: &HeaderMap, secure: bool) -> Option<SessionId> {
    cookies::get(headers, name(secure)).and_then(SessionId::from_cookie)
}

/// The header that gives a browser its session id, or with none takes it away.
///
/// `Lax`, so that a link from another site, such as an alert's, leads to the page that it names: with
/// `Strict` it leads to the login, also when somebody is signed in. A browser then sends the cookie
/// with a `GET` that another site begins, and no `GET` changes anything.
pub(super) fn set_cookie(id: Option<&SessionId>, secure: bool) -> HeaderValue {
    let value = id.map(SessionId::to_cookie).unwrap_or_default();
    let age = if id.is_some() { SESSION_LIFE_MS / 1_000 } else { 0 };
    let secure_word = if secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure_word}", name(secure));
    HeaderValue::try_from(text).expect("base64 is fit for a header")
}

/// The administrator a request comes from. Everybody else is refused with 401.
impl FromRequestParts<AppState> for SignedIn {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, StatusCode> {
        let session = id(&parts.headers, state.secure()).ok_or(StatusCode::UNAUTHORIZED)?;
        let Ok(visitor) = Visitor::from_request_parts(parts, state).await;
        match state.authenticator.session(&session).await {
            Ok(Some(name)) => Ok(Self { name, session, visitor }),
            Ok(None) => Err(StatusCode::UNAUTHORIZED),
            Err(error) => {
                error!(%error, "a session could not be looked up");
                Err(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}
