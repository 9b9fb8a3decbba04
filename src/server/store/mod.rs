//! The embedded store: one file of `SQLite`. Row types stay in here.

mod administrators;
mod audit;
mod connections;
mod sessions;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    error::DatabaseError,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::time::sleep;
use tracing::{error, info};

pub use administrators::StoredAdministrator;
pub use audit::AUDIT_KEPT;
pub use connections::{EVENTS_KEPT, EVENTS_KEPT_MS};
pub use sessions::{SESSION_IDLE_MS, SESSION_LIFE_MS, StoredSession};

/// The name of the file in the data directory.
const FILE: &str = "monitor.sqlite";

/// How long a statement waits for another process, such as the command line, to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before a full disk is tried again.
const FULL_CHECK: Duration = Duration::from_secs(1);

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
#[derive(Clone, Debug)]
pub struct Store(SqlitePool, Arc<Health>);

/// What the last write has shown.
#[derive(Debug, Default)]
struct Health {
    full: AtomicBool,
    failing: AtomicBool,
}

impl Store {
    /// Opens the store in a directory; makes both if they are not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`], [`StoreError::Unusable`] and [`StoreError::Full`].
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        make_private_directory(directory)
            .map_err(|source| StoreError::Directory { path: directory.to_owned(), source })?;
        let path = directory.join(FILE);
        let unusable = |detail: String| StoreError::Unusable { path: path.clone(), detail };
        let cannot_open = |error: sqlx::Error| match StoreError::from(error) {
            StoreError::Statement(error) => unusable(one_line(&error)),
            other => other,
        };
        let options = SqliteConnectOptions::new().filename(&path).busy_timeout(BUSY_TIMEOUT);
        if path.exists()
            && let Some(damage) = damage(options.clone().read_only(true)).await.map_err(cannot_open)?
        {
            return Err(unusable(damage));
        }
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            // The last one to close takes the log's index away, for which a full disk would have no room again.
            .min_connections(2)
            .max_connections(4)
            .after_release(|connection, _| Box::pin(is_fit(connection)))
            .connect_with(options);
        let pool = pool.await.map_err(cannot_open)?;
        let migrated: Result<(), MigrateError> = sqlx::migrate!("src/server/store/migrations").run(&pool).await;
        migrated.map_err(|error| unusable(error.to_string()))?;
        Ok(Self(pool, Arc::default()))
    }

    /// Whether the last thing that was to be written found the disk full. Clears by itself when there
    /// is room again.
    pub fn is_full(&self) -> bool {
        self.1.full.load(Relaxed)
    }

    /// Whether the last thing that was to be written could be.
    pub fn is_writable(&self) -> bool {
        !self.1.failing.load(Relaxed)
    }

    /// Writes something of no consequence and the size of a change, to see whether the store can be
    /// written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] and [`StoreError::Statement`].
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        let written = sqlx::query("UPDATE last_check SET room = randomblob(16384)").execute(&self.0).await;
        self.noting(written.map(drop).map_err(StoreError::from))
    }

    /// Notes whether something that was written found the disk full, and from then on looks every now
    /// and then whether it still is.
    fn noting<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        self.1.failing.store(written.is_err(), Relaxed);
        match &written {
            Ok(_) => self.1.full.store(false, Relaxed),
            Err(StoreError::Full) if !self.1.full.swap(true, Relaxed) => {
                error!("the disk is full: nothing can be changed until there is room");
                let store = self.clone();
                tokio::spawn(async move {
                    while store.is_full() && !store.0.is_closed() {
                        sleep(FULL_CHECK).await;
                        // What it finds is noted.
                        let _ = Box::pin(store.try_writing()).await;
                    }
                    info!("the store can be written again");
                });
            }
            Err(_) => {}
        }
        written
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

/// What is wrong with a store, if anything. Looked for without leave to write: what a crash has left
/// beside the file would be put into it by the last connection that closes, damaged or not.
async fn damage(options: SqliteConnectOptions) -> Result<Option<String>, sqlx::Error> {
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok((verdict != "ok").then(|| verdict.replace('\n', " ")))
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
