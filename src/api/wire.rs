//! How errors travel between the halves.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::error::AppError;

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

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
