//! The browser's `fetch`, once for all server functions.

use futures_util::future::{FutureExt, LocalBoxFuture};
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::window;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, Response};

use crate::error::AppError;

/// The type of questions and answers.
const POSTCARD: &str = "application/x-postcard";

/// Posts a question and gives the answer, or the error that came in its place. A future that is dropped aborts it.
pub(super) fn post(path: &str, question: &[u8]) -> SendWrapper<LocalBoxFuture<'static, Result<Vec<u8>, AppError>>> {
    let (path, question) = (path.to_owned(), Uint8Array::from(question));
    let answer = async move {
        match fetch(&path, &question).await {
            Ok((true, answer)) => Ok(answer),
            Ok((false, error)) => Err(postcard::from_bytes(&error).unwrap_or(AppError::Unreachable)),
            Err(_) => Err(AppError::Unreachable),
        }
    };
    SendWrapper::new(answer.boxed_local())
}

/// The answer's body, and whether its status is a good one.
async fn fetch(path: &str, question: &Uint8Array) -> Result<(bool, Vec<u8>), JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let headers = Headers::new()?;
    headers.set("Content-Type", POSTCARD)?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(question);
    request.set_headers(&headers);
    request.set_signal(Some(&abort.0.signal()));
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(path, &request)).await?.unchecked_into();
    let body: ArrayBuffer = JsFuture::from(response.array_buffer()?).await?.unchecked_into();
    Ok((response.ok(), Uint8Array::new(&body).to_vec()))
}

/// Aborts a request that has not come to its end; one that has takes no notice.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
