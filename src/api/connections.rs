//! Seeing and changing connections.
//!
//! All take Postcard, which a form on another site cannot send.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::{
    AvailabilityReport, Connection, EndpointDetails, EndpointOptions, ListAnswer, ListQuery, ListVersion, Summary,
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
