//! The embedded store: one file of `SQLite`. Row types stay in here.

mod administrators;
mod audit;
mod sessions;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use administrators::StoredAdministrator;
pub use audit::AUDIT_KEPT;
pub use sessions::{SESSION_IDLE_MS, SESSION_LIFE_MS, StoredSession};

/// The name of the file in the data directory.
const FILE: &str = "monitor.sqlite";

/// How long a statement waits for another process, such as the command line, to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be made.
    #[error("the data directory {} cannot be used: {source}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file is no store, or a damaged one. It was not changed.
    #[error(
        "the store {} cannot be used: {detail}. It was left as it is. Restore it from a backup, or move it away \
         to start with an empty one", .path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A statement failed.
    #[error("the store failed: {0}")]
    Statement(#[from] sqlx::Error),
}

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(SqlitePool);

impl Store {
    /// Opens the store in a directory; makes both if they are not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`] and [`StoreError::Unusable`].
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        make_private_directory(directory)
            .map_err(|source| StoreError::Directory { path: directory.to_owned(), source })?;
        let path = directory.join(FILE);
        let unusable = |detail: String| StoreError::Unusable { path: path.clone(), detail };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let pool = pool.map_err(|error| unusable(one_line(&error)))?;
        let damage: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&pool)
            .await
            .map_err(|error| unusable(one_line(&error)))?;
        if damage != "ok" {
            return Err(unusable(damage.replace('\n', " ")));
        }
        let migrated: Result<(), MigrateError> = sqlx::migrate!("src/server/store/migrations").run(&pool).await;
        migrated.map_err(|error| unusable(error.to_string()))?;
        Ok(Self(pool))
    }

    /// Waits until everything is written, and closes the file.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// Makes a directory that only its owner can look into: it holds password hashes.
fn make_private_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn one_line(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().replace('\n', " "),
        other => other.to_string().replace('\n', " "),
    }
}
