//! Backing up the store of a data directory, and restoring it.

use std::path::{Path, PathBuf};

use super::actor::Actor;
use wsmon_model::{AuditAction, AuditEntry, AuditOutcome};
use wsmon_store::{BackupError, StoreError};

/// Writes a backup of the store in a directory to a new file, also while a server runs. The audit log of the store tells
/// of it, not that of the backup. Gives what kept the log from being written, if something did: a backup it is.
///
/// # Errors
///
/// Any [`BackupError`]; the log does not tell of that, as the store may be what cannot be used.
pub async fn back_up(actor: &Actor, data_dir: &Path, file: &Path) -> Result<Option<StoreError>, BackupError> {
    let entry = done(actor, AuditAction::BackUp, file);
    wsmon_store::back_up(data_dir, file).await?;
    Ok(wsmon_store::record_in(data_dir, &entry).await.err())
}

/// Puts a backup in the place of the store in a directory, which no server may use meanwhile; where the store that was
/// there is kept, if there was one. The audit log of what was restored tells of it.
///
/// # Errors
///
/// Any [`BackupError`]; no log tells of that.
pub async fn restore(actor: &Actor, data_dir: &Path, file: &Path) -> Result<Option<PathBuf>, BackupError> {
    wsmon_store::restore(data_dir, file, &done(actor, AuditAction::Restore, file)).await
}

/// The entry of what is only written down once it is done.
fn done(actor: &Actor, action: AuditAction, file: &Path) -> AuditEntry {
    let entry = actor.audit(action, &file.display().to_string()).entry;
    AuditEntry { outcome: AuditOutcome::Done, ..entry }
}
