//! One action on many connections: what it would do, doing it, how far it has come, undoing it.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::{BulkAction, BulkId, BulkPreview, BulkProgress, Selection};

/// What an action would do to each connection of a selection. It can be started for ten minutes.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`] when too many operations are under way.
#[server(endpoint = "preview_bulk", protocol = super::wire::Wire)]
pub async fn preview_bulk(selection: Selection, action: BulkAction) -> Result<BulkPreview, AppError> {
    super::as_admin(|admin| async move { admin.preview_bulk(selection, action) }).await
}

/// Starts what was previewed, and answers at once. Starting it twice is as good as once.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::BulkGone`], [`AppError::ShuttingDown`].
#[server(endpoint = "start_bulk", protocol = super::wire::Wire)]
pub async fn start_bulk(id: BulkId) -> Result<BulkProgress, AppError> {
    super::as_admin(|admin| async move { admin.start_bulk(id) }).await
}

/// How far an operation has come, with what came of connections from the `from`th that is known.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::BulkGone`].
#[server(endpoint = "load_bulk_progress", protocol = super::wire::Wire)]
pub async fn load_bulk_progress(id: BulkId, from: u32) -> Result<BulkProgress, AppError> {
    super::as_admin(|admin| async move { admin.bulk_progress(id, from) }).await
}

/// Brings those that an operation has changed back to where they were, by another operation, which it starts.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::BulkGone`], [`AppError::Invalid`] for one that has not ended,
/// [`AppError::ShuttingDown`].
#[server(endpoint = "undo_bulk", protocol = super::wire::Wire)]
pub async fn undo_bulk(id: BulkId) -> Result<BulkProgress, AppError> {
    super::as_admin(|admin| async move { admin.undo_bulk(id) }).await
}
