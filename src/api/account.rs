//! An administrator's own account.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::Account;

/// The account of the administrator who asks.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "load_account", protocol = super::wire::Wire)]
pub async fn load_account() -> Result<Account, AppError> {
    super::as_admin(|admin| async move { admin.account().await }).await
}

/// Sets another password. Every other session of the administrator ends, and this one gets a new
/// id.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], and [`AppError::Invalid`] when the current password is wrong or
/// the new one too short or too long.
#[server(endpoint = "change_password", protocol = super::wire::Wire)]
pub async fn change_password(current: String, new: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { super::set_session(&admin.change_password(current, new).await?) }).await
}

/// Ends a session of the administrator who asks.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], and [`AppError::Invalid`] when there is no such session.
#[server(endpoint = "end_session", protocol = super::wire::Wire)]
pub async fn end_session(key: String) -> Result<(), AppError> {
    super::as_admin(|admin| async move { admin.end_session(&key).await }).await
}
