//! One action on many connections: what it would do, doing it, how far it has come, undoing it.

use leptos::prelude::*;

use crate::error::AppError;
use wsmon_model::{BulkAction, BulkId, BulkPreview, BulkProgress, BulkStep, Selection};

/// What an action would do to each connection of a selection. It can be started for ten minutes.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::Invalid`] when too many operations are under way.
#[server(endpoint = "preview_bulk", protocol = super::wire::Wire)]
pub async fn preview_bulk(selection: Selection, action: BulkAction) -> Result<BulkPreview, AppError> {
    super::as_admin(|admin| async move { admin.preview_bulk(selection, action) }).await
}

/// Takes an operation that was previewed one step on, and answers at once with how far it has come; after [`BulkStep::Undo`]
/// how far the undoing has.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], [`AppError::BulkGone`], [`AppError::ShuttingDown`], and [`AppError::Invalid`] to undo one
/// that has not ended.
#[server(endpoint = "step_bulk", protocol = super::wire::Wire)]
pub async fn step_bulk(id: BulkId, step: BulkStep) -> Result<BulkProgress, AppError> {
    super::as_admin(|admin| async move {
        match step {
            BulkStep::Start => admin.start_bulk(id),
            BulkStep::Progress(from) => admin.bulk_progress(id, from),
            BulkStep::Undo => admin.undo_bulk(id),
        }
    })
    .await
}
