//! Opening and closing the store.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;
use tracing::warn;

use wsmon_manager::clock::{Clock, SystemClock, unix_ms};

use super::{
    error::StoreError,
    file::{self, Flaw},
    health::Health,
    retention::JumpWatch,
};

/// How long a statement waits for another process, such as the command line, to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(super) SqlitePool, pub(super) Arc<Shared>);

/// What all clones of a store share besides its connections.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    clock: Arc<dyn Clock>,
    pub(super) jumps: JumpWatch,
    pub(super) health: Health,
    /// Keeps the log and its index in place: the last connection to close takes both away, for which a
    /// full disk may have no room again, and the pool may close all of its own after failed writes.
    anchor: Mutex<Option<SqliteConnection>>,
    /// Whose turn it is to write.
    pub(super) turn: Mutex<()>,
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
        let shared = Shared {
            path,
            clock,
            jumps: JumpWatch::default(),
            health: Health::default(),
            anchor,
            turn: Mutex::default(),
        };
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
    pub(super) fn now_ms(&self) -> i64 {
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

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
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
    file::note_use(&mut *pool.acquire().await?).await?;
    Ok(pool)
}

/// Whether a connection may be used again. A full disk ends a transaction by itself, but sqlx goes on
/// counting it as open: what is written after it would be acknowledged and never committed.
async fn is_fit(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback may be under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}
