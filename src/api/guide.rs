//! The monitoring guide.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::GuidePage;

/// A page of the monitoring guide, in HTML of our own making.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "load_guide", protocol = super::wire::Wire)]
pub async fn load_guide(page: GuidePage) -> Result<String, AppError> {
    super::as_admin(|admin| async move { Ok(admin.guide(page).to_owned()) }).await
}
