//! A number for every request, and a line for it in the log.

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::{Instrument, Level, debug, error, info, info_span};

use wsmon_model::RequestId;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Put on an answer that is not worth a line at level info: something else tells of it, once for many.
#[derive(Clone, Copy)]
pub(super) struct ToldElsewhere;

/// Numbers a request, and logs what came of it: what went well at level debug, since every open page
/// asks every five seconds. The query is left out, as it may hold what people searched for.
pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let id = RequestId(format!("{:016x}", rand::random::<u64>()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());
    let span = info_span!("request", request_id = %id);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span).await;

    let (status, took_ms) = (response.status(), began.elapsed().as_millis());
    macro_rules! tell {
        ($level:ident) => {
            $level!(request_id = %id, %method, path, status = status.as_u16(), took_ms, "request")
        };
    }
    let told_elsewhere = response.extensions().get::<ToldElsewhere>().is_some();
    match if told_elsewhere { Level::DEBUG } else { level(status) } {
        Level::ERROR => tell!(error),
        Level::INFO => tell!(info),
        _ => tell!(debug),
    }
    let value = HeaderValue::try_from(&id.0).expect("hexadecimal digits are fit for a header");
    response.headers_mut().insert(X_REQUEST_ID, value);
    if status.is_server_error() { with_number(response, &id) } else { response }
}

fn level(status: StatusCode) -> Level {
    match status.as_u16() {
        // What is full or going away says so itself.
        503 | 507 => Level::INFO,
        500.. => Level::ERROR,
        400.. => Level::INFO,
        _ => Level::DEBUG,
    }
}

/// An error without a page of its own gets the number to look for in the log.
fn with_number(mut response: Response, id: &RequestId) -> Response {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR
        || kind.is_some_and(|kind| !kind.starts_with("text/plain"))
    {
        return response;
    }
    let text = format!("Something went wrong in the monitor. Its log says what: look for request {id}.\n");
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    *response.body_mut() = Body::from(text);
    response
}
