//! Seeing and changing connections.
//!
//! All take Postcard, which a form on another site cannot send.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::{
    Connection, ConnectionOptions, EndpointDetails, ListAnswer, ListQuery, ListVersion, OptionsVersion, Summary,
};

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

/// Connects an endpoint, which is added if it is new, and answers with the outcome of the attempt.
/// Takes as long as the attempt does, 10 s at most.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`] for what is no endpoint name,
/// [`AppError::ShuttingDown`], [`AppError::Interrupted`] when a shutdown ends the attempt. An attempt that fails is not an error of this call: the connection
/// says why.
#[server(endpoint = "connect_endpoint", protocol = super::wire::Wire)]
pub async fn connect_endpoint(endpoint: String, auto_reconnect: Option<bool>) -> Result<Connection, AppError> {
    super::as_admin(|admin| async move { admin.connect(&endpoint, auto_reconnect).await }).await
}

/// Disconnects an endpoint, which then stays off. Answers when its socket is closed.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "disconnect_endpoint", protocol = super::wire::Wire)]
pub async fn disconnect_endpoint(endpoint: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.disconnect(&endpoint).await }).await
}

/// Removes an endpoint. Answers when its socket is closed.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "remove_endpoint", protocol = super::wire::Wire)]
pub async fn remove_endpoint(endpoint: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.remove(&endpoint).await }).await
}

/// Sets whether a connection is connected again after it was lost.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "set_auto_reconnect", protocol = super::wire::Wire)]
pub async fn set_auto_reconnect(endpoint: String, enabled: bool) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.set_auto_reconnect(&endpoint, enabled).await }).await
}

/// Stops the attempts of a connection that waits or is blocked; nothing happens to any other.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`], [`AppError::DiskFull`].
#[server(endpoint = "pause_endpoint", protocol = super::wire::Wire)]
pub async fn pause_endpoint(endpoint: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.pause(&endpoint).await }).await
}

/// Lets the attempts of a connection that is off go on; nothing happens to any other.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`], [`AppError::DiskFull`].
#[server(endpoint = "resume_endpoint", protocol = super::wire::Wire)]
pub async fn resume_endpoint(endpoint: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.resume(&endpoint).await }).await
}

/// One connection with its options, secrets masked, and its latest events.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`], [`AppError::NotFound`].
#[server(endpoint = "load_endpoint", protocol = super::wire::Wire)]
pub async fn load_endpoint(endpoint: String) -> Result<EndpointDetails, AppError> {
    super::as_admin(|admin| async move { admin.details(&endpoint).await }).await
}

/// Sets what differs for a connection. A secret that is sent as its mask stays as it was. An open
/// connection is opened anew. With the version that [`load_endpoint`] told, it is only done if nobody
/// has changed the options since. Answers with their new version.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::InvalidField`] and [`AppError::Invalid`] for options that
/// cannot be used, [`AppError::Conflict`], [`AppError::NotFound`], [`AppError::DiskFull`].
#[server(endpoint = "set_options", protocol = super::wire::Wire)]
pub async fn set_options(
    endpoint: String,
    options: ConnectionOptions,
    version: Option<OptionsVersion>,
) -> Result<OptionsVersion, AppError> {
    super::as_admin(|admin| async move { admin.set_options(&endpoint, options, version).await }).await
}
