//! The embedded store: one file of `SQLite`. Row types stay in here.

mod administrators;
mod audit;
mod backup;
mod connections;
mod file;
mod health;
mod lock;
mod retention;
mod sessions;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    error::DatabaseError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;
use tracing::warn;

pub use self::{
    administrators::{ADDRESS_KNOWN_MS, StoredAdministrator},
    audit::AUDIT_KEPT,
    backup::{BackupError, back_up, restore},
    connections::{EVENTS_KEPT, EVENTS_KEPT_DAYS},
    file::Flaw,
    health::Trouble,
    lock::DirectoryLock,
    sessions::{SESSION_IDLE_MS, SESSION_LIFE_MS, StoredSession},
};
use self::{health::Health, retention::JumpWatch};
use super::clock::{Clock, SystemClock, unix_ms};

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
    /// A newer version of the program made the file. It was not changed.
    #[error("the store {} {flaw}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Which versions, and the way out.
        flaw: String,
    },
    /// Another process serves from the data directory, or restores a backup to it.
    #[error(
        "the data directory {} is in use by another websocket-monitor. Stop that one first, or choose another --data-dir",
        .path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The disk is full. Nothing was changed.
    #[error("the disk is full")]
    Full,
    /// A statement failed.
    #[error("the store failed: {0}")]
    Statement(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // `SQLITE_FULL`, and `SQLITE_IOERR_SHMSIZE` for the index of the log of writes (sqlite.org/rescode.html).
        let code = error.as_database_error().and_then(DatabaseError::code);
        if matches!(code.as_deref(), Some("13" | "4874")) { Self::Full } else { Self::Statement(error) }
    }
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store(SqlitePool, Arc<Shared>);

/// What all clones of a store share besides its connections.
struct Shared {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    jumps: JumpWatch,
    health: Health,
    /// Keeps the log and its index in place: the last connection to close takes both away, for which a
    /// full disk may have no room again, and the pool may close all of its own after failed writes.
    anchor: Mutex<Option<SqliteConnection>>,
}

impl Store {
    /// Opens the store in a directory; makes both if they are not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`], [`StoreError::Unusable`], [`StoreError::Newer`] and
    /// [`StoreError::Full`].
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_by(directory, Arc::new(SystemClock)).await
    }

    /// The same, with another clock by which events are kept for a time.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn open_by(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        file::make_directory(directory)?;
        let path = file::path(directory);
        if !file::exists(&path).map_err(|flaw| flaw.of_store(&path))? {
            file::make(&path).await?;
        }
        file::check(&path).await.map_err(|flaw| flaw.of_store(&path))?;
        let cannot_open = |error: sqlx::Error| Flaw::from(error).of_store(&file::path(directory));
        let pool = open_pool(&path).await.map_err(cannot_open)?;
        file::migrate(&pool).await.map_err(|flaw| flaw.of_store(&path))?;
        let mut anchor = SqliteConnection::connect_with(&options(&path)).await.map_err(cannot_open)?;
        // It takes part once it has read.
        sqlx::query("SELECT 1 FROM last_check").execute(&mut anchor).await.map_err(cannot_open)?;
        let anchor = Mutex::new(Some(anchor));
        let shared = Shared { path, clock, jumps: JumpWatch::default(), health: Health::default(), anchor };
        Ok(Self(pool, Arc::new(shared)))
    }

    /// A key that nobody outside knows and that stays the same: options' versions are hashed with it, as
    /// a plain hash would let whoever sees it guess at their secrets.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn options_key(&self) -> Result<Vec<u8>, StoreError> {
        Ok(sqlx::query_scalar("SELECT key FROM options_key").fetch_one(&self.0).await?)
    }

    /// Waits until everything is written, and closes the file.
    pub async fn close(&self) {
        self.1.health.stop();
        if let Some(anchor) = self.1.anchor.lock().await.take()
            && let Err(error) = anchor.close().await
        {
            warn!(%error, "a connection to the store could not be closed");
        }
        self.0.close().await;
    }

    /// What the clock says.
    fn now_ms(&self) -> i64 {
        let now_ms = unix_ms(self.1.clock.now());
        self.1.jumps.look(now_ms);
        now_ms
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.1.path).finish_non_exhaustive()
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
}

async fn open_pool(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(4)
        .after_release(|connection, _| Box::pin(is_fit(connection)))
        .connect_with(options(path))
        .await?;
    file::note_use(&pool).await?;
    Ok(pool)
}

/// Whether a connection may be used again. A full disk ends a transaction by itself, but sqlx goes on
/// counting it as open: what is written after it would be acknowledged and never committed.
async fn is_fit(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback may be under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn one_line(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().replace('\n', " "),
        other => other.to_string().replace('\n', " "),
    }
}
