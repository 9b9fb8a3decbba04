//! Backups of the store, and the way back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rand::RngExt;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    audit,
    error::StoreError,
    file::{self, Flaw},
    lock::DirectoryLock,
    store,
};
use wsmon_model::AuditEntry;

/// Why a store was not backed up or restored. Whatever it is, no store and no backup was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory has no store.
    #[error("there is no store in the data directory {}", .0.display())]
    NoStore(PathBuf),
    /// The backup would overwrite something.
    #[error("{} exists already; choose another name for the backup", .0.display())]
    Exists(PathBuf),
    /// The store is damaged, or of a newer version.
    #[error("the store {} {flaw}", .path.display())]
    Store {
        /// The store.
        path: PathBuf,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The file to restore is no backup that could be used.
    #[error("the backup {} {flaw}. The store was not changed", .path.display())]
    Backup {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A file could not be written, read or renamed.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The directory is in use or cannot be used.
    #[error(transparent)]
    Directory(#[from] StoreError),
}

/// Names the file that an operation was about.
fn about(path: &Path) -> impl Fn(io::Error) -> BackupError {
    |source| BackupError::File { path: path.to_owned(), source }
}

/// Writes the store in a directory to a file, as it is at one moment; a server may be running. The
/// file holds password hashes and the connections' secrets, so that only its owner can read it.
///
/// # Errors
///
/// Any [`BackupError`].
pub async fn back_up(directory: &Path, to: &Path) -> Result<(), BackupError> {
    let store = file::path(directory);
    let of_store = |flaw| BackupError::Store { path: store.clone(), flaw };
    if !file::exists(&store).map_err(of_store)? {
        return Err(BackupError::NoStore(directory.to_owned()));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let partial = file::beside(to, &format!(".partial-{:08x}", rand::rng().random::<u32>()));
    let copied = copy(&store, &partial, &of_store).await;
    let placed = copied.and_then(|()| match file::rename_if_free(&partial, to) {
        Ok(true) => file::sync_directory_of(to).map_err(about(to)),
        Ok(false) => Err(BackupError::Exists(to.to_owned())),
        Err(error) => Err(about(to)(error)),
    });
    if placed.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&partial);
    }
    placed
}

/// Adds an entry to the audit log of the store in a directory, which keeps its schema: a backup is also made by a new
/// version before it takes the place of the one that runs.
///
/// # Errors
///
/// [`StoreError::Full`] and [`StoreError::Statement`].
pub async fn record_in(directory: &Path, entry: &AuditEntry) -> Result<(), StoreError> {
    let mut connection = SqliteConnection::connect_with(&store::options(&file::path(directory))).await?;
    file::note_use(&mut connection).await?;
    record(connection, entry).await.map_err(StoreError::from)
}

/// Puts a backup in the place of the store in a directory, which no server may use meanwhile, with an entry in the audit
/// log of what was restored; where the store that was there is kept, if there was one.
///
/// The backup is checked and copied before anything is moved. The old store goes before its log does,
/// and the new one comes last: who is killed in between leaves a directory without a store but with
/// the new one beside, which is refused until a restore has run to its end.
///
/// # Errors
///
/// Any [`BackupError`].
pub async fn restore(directory: &Path, from: &Path, entry: &AuditEntry) -> Result<Option<PathBuf>, BackupError> {
    let of_backup = |flaw| BackupError::Backup { path: from.to_owned(), flaw };
    // Before a directory is made for something that is not there.
    fs::metadata(from).map_err(about(from))?;
    if !file::exists(from).map_err(of_backup)? {
        return Err(of_backup(Flaw::Unusable("it is missing".to_owned())));
    }
    let _lock = DirectoryLock::acquire(directory)?;
    let store = file::path(directory);
    let new = file::being_restored(&store);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(about(&new)(error)),
        _ => {}
    }
    let copied = async {
        copy(from, &new, &of_backup).await?;
        record_restored(&new, entry).await.map_err(|error| of_backup(error.into()))
    };
    if let Err(error) = copied.await {
        // It may not even be there.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    let handed_over = fs::File::open(&new).and_then(|file| file::hand_over(&file, directory));
    handed_over.map_err(about(&new))?;
    let kept = put_aside(&store).await.map_err(about(&store))?;
    fs::rename(&new, &store).map_err(about(&store))?;
    file::sync_directory_of(&store).map_err(about(&store))?;
    Ok(kept)
}

/// Checks a store and writes it, with what is in its log, to a new file that is on the disk when this
/// returns.
async fn copy(from: &Path, to: &Path, flawed: &impl Fn(Flaw) -> BackupError) -> Result<(), BackupError> {
    let file = file::make_private(to).map_err(about(to))?;
    let copied = async {
        let mut connection = file::connect_to_read(from).await?;
        file::check_schema(&mut connection).await?;
        file::check_pages(&mut connection, "PRAGMA integrity_check(1)").await?;
        vacuum_into(&mut connection, to).await?;
        Ok(connection.close().await?)
    };
    match copied.await {
        Ok(()) => file.sync_all().map_err(about(to)),
        Err(Flaw::Full) => Err(about(to)(io::ErrorKind::StorageFull.into())),
        Err(flaw) => Err(flawed(flaw)),
    }
}

/// Adds an entry to a copy that nobody uses yet.
async fn record_restored(new: &Path, entry: &AuditEntry) -> Result<(), sqlx::Error> {
    record(SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(new)).await?, entry).await
}

async fn record(mut connection: SqliteConnection, entry: &AuditEntry) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    audit::add(&mut transaction, entry).await?;
    transaction.commit().await?;
    connection.close().await
}

/// One transaction reads, so that it is the store of one moment however much is written meanwhile.
async fn vacuum_into(connection: &mut SqliteConnection, to: &Path) -> Result<(), sqlx::Error> {
    let to = to.to_str().ok_or_else(|| sqlx::Error::Configuration("the file's name is not UTF-8".into()))?;
    sqlx::query("VACUUM INTO ?").bind(to).execute(connection).await.map(drop)
}

/// Moves the store that is there away, with its log; where to, if there was one.
async fn put_aside(store: &Path) -> Result<Option<PathBuf>, io::Error> {
    let kept = free_name(store, &now().await);
    let was_there = rename_if_there(store, &kept)?;
    // What is left of an interrupted restore may be a log alone.
    for suffix in ["-wal", "-journal"] {
        rename_if_there(&file::beside(store, suffix), &file::beside(&kept, suffix))?;
    }
    // The log's index, which is made anew.
    match fs::remove_file(file::beside(store, "-shm")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    file::sync_directory_of(store)?;
    Ok(was_there.then_some(kept))
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn free_name(store: &Path, now: &str) -> PathBuf {
    let name = |suffix: String| file::beside(store, &format!(".before-restore-{now}{suffix}"));
    let mut names = std::iter::once(name(String::new())).chain((2..).map(|number| name(format!("-{number}"))));
    let is_free = |path: &PathBuf| !path.exists() && !file::log(path).exists();
    names.find(is_free).unwrap_or_else(|| name(String::new()))
}

/// Now, as it stands in file names.
async fn now() -> String {
    let now = async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        sqlx::query_scalar("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')").fetch_one(&mut connection).await
    };
    now.await.unwrap_or_else(|_: sqlx::Error| "unknown".to_owned())
}
