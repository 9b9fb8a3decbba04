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
