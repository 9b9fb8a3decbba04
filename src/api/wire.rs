//! How questions, answers and errors travel between the halves: as Postcard, in the body of a POST.
//!
//! A form on another site cannot send that type. Beside it a browser has no need of JSON: names of fields, and the code
//! that reads them, are a fifth of what it would load.

use std::future::Future;

use http::Method;
use leptos::server_fn::{
    Http, Protocol,
    client::Client,
    codec::{Postcard, PostcardEncoding},
    error::{FromServerFnError, ServerFnErrorErr},
    server::Server,
};
use serde::{Serialize, de::DeserializeOwned};

use super::fetch::post;
use crate::error::AppError;

/// The protocol of every server function. On the server it is leptos' own; in the browser they all share one `fetch`,
/// which leptos would compile anew for each of them.
pub struct Wire;

impl<In, Out, C, S> Protocol<In, Out, C, S, AppError> for Wire
where
    In: Serialize + DeserializeOwned + Send,
    Out: Serialize + DeserializeOwned + Send,
    C: Client<AppError>,
    S: Server<AppError>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(request: S::Request, function: F) -> Result<S::Response, AppError>
    where
        F: Fn(In) -> Fut + Send,
        Fut: Future<Output = Result<Out, AppError>> + Send,
    {
        <Http<Postcard, Postcard> as Protocol<In, Out, C, S, AppError>>::run_server(request, function).await
    }

    async fn run_client(path: &str, question: In) -> Result<Out, AppError> {
        let question = postcard::to_allocvec(&question).map_err(|_| AppError::Internal)?;
        let answer = post(path, &question).await?;
        postcard::from_bytes(&answer).map_err(|_| AppError::Unreachable)
    }
}

impl FromServerFnError for AppError {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let unreadable = || Self::Invalid("The request could not be read.".to_owned());
        let error = match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => unreadable(),
            // The server reads requests and writes answers, the browser the other way round.
            ServerFnErrorErr::Deserialization(_) if super::ON_SERVER => unreadable(),
            ServerFnErrorErr::Serialization(_) if !super::ON_SERVER => unreadable(),
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => Self::Unreachable,
            _ => Self::Internal,
        };
        super::set_status(&error);
        error
    }
}
