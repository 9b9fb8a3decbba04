//! Seeing and changing connections.
//!
//! All take Postcard, which a form on another site cannot send.

use leptos::prelude::*;

use crate::{
    changes::{Answer, Change},
    error::AppError,
};
use wsmon_model::{AvailabilityReport, EndpointDetails, EndpointOptions, ListAnswer, ListQuery, ListVersion, Summary};

/// One page of the list of connections, and the summary of all; only the time for whoever shows just that already, as
/// told by its version.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "list_connections", protocol = super::wire::Wire)]
pub async fn list_connections(query: ListQuery, shown: Option<ListVersion>) -> Result<ListAnswer, AppError> {
    super::as_admin(|admin| async move { Ok(admin.list(&query, shown)) }).await
}

/// How many connections there are in each status.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "load_summary", protocol = super::wire::Wire)]
pub async fn load_summary() -> Result<Summary, AppError> {
    super::as_admin(|admin| async move { Ok(admin.summary()) }).await
}

/// Makes a change of one connection, and answers when it is done: with the outcome of the attempt of what was to be
/// connected, which takes 10 s at most; when the socket is closed of what was to be disconnected or removed.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`] for what is no endpoint name, [`AppError::NotFound`],
/// [`AppError::DiskFull`], [`AppError::ShuttingDown`], [`AppError::Interrupted`] when a shutdown ends the attempt. An
/// attempt that fails is not an error of this call: the connection says why.
#[server(endpoint = "change_connection", protocol = super::wire::Wire)]
pub async fn change_connection(change: Change) -> Answer {
    super::as_admin(|admin| async move { admin.change(&change).await }).await
}

/// One connection with its latest events.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "load_endpoint", protocol = super::wire::Wire)]
pub async fn load_endpoint(endpoint: String) -> Result<EndpointDetails, AppError> {
    super::as_admin(|admin| async move { admin.details(&endpoint).await }).await
}

/// How available a connection was, and when it was not, as of now.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "load_availability", protocol = super::wire::Wire)]
pub async fn load_availability(endpoint: String) -> Result<AvailabilityReport, AppError> {
    super::as_admin(|admin| async move { Ok(AvailabilityReport::from(&admin.history(&endpoint).await?)) }).await
}

/// The options of a connection, secrets masked.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "load_options", protocol = super::wire::Wire)]
pub async fn load_options(endpoint: String) -> Result<EndpointOptions, AppError> {
    super::as_admin(|admin| async move { admin.options(&endpoint) }).await
}
