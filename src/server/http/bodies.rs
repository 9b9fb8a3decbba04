//! Taking in what a request brings: so much, in so much time, and only where something is wanted.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{
        Method, StatusCode,
        header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use leptos::server_fn::{ContentType, codec::PostcardEncoding, error::FromServerFnError};
use tokio::time::timeout;

use crate::error::AppError;

/// The most that a login may send, in bytes: a password of 1,024 and a path of as many, each of
/// which may be three in a form.
const LOGIN_LIMIT: usize = 8 * 1_024;

/// The most that a server function or a page's form may be sent, in bytes.
const CALL_LIMIT: usize = 64 * 1_024;

/// Reads a request's body as a whole before it is handed on.
///
/// What comes is copied: a frame that is kept keeps the whole buffer that it was read into, which is
/// thousands of bytes for a client that sends them one by one. Where nobody reads a body, it is left
/// unread. One deadline is for all of it. The session is checked before this.
pub(super) async fn take_in(State(deadline): State<Duration>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let read = match limit(&parts) {
        Some(_) if is_call(parts.uri.path()) && !is_postcard(&parts) => Err(Refusal::Type),
        Some(limit) => timeout(deadline, read(body, limit)).await.unwrap_or(Err(Refusal::Slow)),
        None => Ok(Vec::new()),
    };
    match read {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(refusal) => refuse(&parts, refusal),
    }
}

/// How much a request may bring; none where nothing is wanted.
fn limit(parts: &Parts) -> Option<usize> {
    match parts.uri.path() {
        _ if parts.method != Method::POST => None,
        "/login" => Some(LOGIN_LIMIT),
        path => (is_call(path) || path.starts_with("/admin/")).then_some(CALL_LIMIT),
    }
}

/// Whether a server function is called.
pub(super) fn is_call(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Whether a request says that it brings Postcard as it is.
fn is_postcard(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(PostcardEncoding::CONTENT_TYPE) && !parts.headers.contains_key(CONTENT_ENCODING)
}

/// Why a body is not taken.
#[derive(Clone, Copy)]
enum Refusal {
    Type,
    Large,
    Slow,
    Broken,
}

async fn read(mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Refusal::Large);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Refusal::Large);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Answers, and has the connection closed: nothing more is read from it.
fn refuse(parts: &Parts, refusal: Refusal) -> Response {
    let (status, text) = match refusal {
        Refusal::Type => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The request must bring Postcard, not encoded further."),
        Refusal::Large => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        Refusal::Slow => (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."),
        Refusal::Broken => (StatusCode::BAD_REQUEST, "The request did not arrive as a whole."),
    };
    if is_call(parts.uri.path()) {
        return error(status, &AppError::Invalid(text.to_owned()));
    }
    (status, [(CONNECTION, "close")], format!("{text}\n")).into_response()
}

/// An error as a server function tells it, for a call that does not get that far.
pub(super) fn error(status: StatusCode, error: &AppError) -> Response {
    (status, [(CONTENT_TYPE, PostcardEncoding::CONTENT_TYPE), (CONNECTION, "close")], error.ser()).into_response()
}
