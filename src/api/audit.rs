//! Seeing who did what.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::{AuditPage, AuditQuery};

/// One page of the audit log, newest first.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "list_audit", protocol = super::wire::Wire)]
pub async fn list_audit(query: AuditQuery) -> Result<AuditPage, AppError> {
    super::as_admin(|admin| async move { admin.audit_page(&query).await }).await
}
