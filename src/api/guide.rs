//! The monitoring guide.

use leptos::prelude::*;

use crate::error::AppError;

/// The monitoring guide, in HTML of our own making.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "load_guide", protocol = super::wire::Wire)]
pub async fn load_guide() -> Result<String, AppError> {
    super::as_admin(|admin| async move { Ok(admin.guide().to_owned()) }).await
}
