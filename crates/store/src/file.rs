//! The store's file: made whole or not at all, and looked at before it is opened to be written.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

use rand::RngExt;
use sqlx::{
    Connection, Row, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use super::error::{StoreError, one_line};

/// The name of the file in the data directory.
const NAME: &str = "monitor.sqlite";

/// The schema.
static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// A store up to this size, in bytes, is checked before it is used; that takes a fraction of a second.
pub(super) const CHECKED_BEFORE_USE: u64 = 32 * 1024 * 1024;

/// `user_version` of a store into which nothing was put yet: all there is besides tables is in its
/// log. Reset by the first one who opens it.
const JUST_MADE: u32 = 1;

/// Where `user_version` is in a file (<https://www.sqlite.org/fileformat.html#the_database_header>).
const USER_VERSION_AT: usize = 60;

/// What is wrong with a file that should be a store.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// A newer version of this program made it.
    #[error(
        "was made by a newer version of this program (it has migration {found}, this version knows up to {known}). It \
         was left as it is. Start that version again, or restore a backup from before: websocket-monitor restore FILE"
    )]
    Newer {
        /// The latest migration it has.
        found: i64,
        /// The latest migration known.
        known: i64,
    },
    /// It is damaged, or no store of this program.
    #[error("cannot be used: {0}")]
    Unusable(String),
    /// There was no room to look at it.
    #[error("cannot be looked at: the disk is full")]
    Full,
}

impl From<sqlx::Error> for Flaw {
    fn from(error: sqlx::Error) -> Self {
        match StoreError::from(error) {
            StoreError::Full => Self::Full,
            StoreError::Statement(error) => Self::Unusable(one_line(&error)),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl Flaw {
    /// The flaw as an error about the store at a path.
    pub(super) fn of_store(self, path: &Path) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Unusable(detail) => StoreError::Unusable { path: path.to_owned(), detail },
            newer @ Self::Newer { .. } => StoreError::Newer { path: path.to_owned(), flaw: newer.to_string() },
        }
    }
}

/// Where the store is in a data directory.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

/// The file beside another whose name goes on like this.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The log of writes, in which what was written last is until it is put into the store.
pub(super) fn log(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The new store that a restore is about to put in place.
pub(super) fn being_restored(path: &Path) -> PathBuf {
    beside(path, ".restoring")
}

/// Makes a directory that only its owner can look into: it holds password hashes.
pub(super) fn make_directory(path: &Path) -> Result<(), StoreError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StoreError::Directory { path: path.to_owned(), source })
}

/// An empty file that only its owner can read.
pub(super) fn make_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Gives a file that root made in a data directory to the directory's owner, as whom the server runs.
pub(super) fn hand_over(file: &File, directory: &Path) -> io::Result<()> {
    let (ours, theirs) = (file.metadata()?, fs::metadata(directory)?);
    if ours.uid() == 0 && theirs.uid() != 0 { fchown(file, Some(theirs.uid()), Some(theirs.gid())) } else { Ok(()) }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until a directory's entries are on the disk.
pub(super) fn sync_directory_of(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

/// Looks at what is there: whether it is a store in which something may be.
///
/// Without `SQLite`, which takes an empty file for an empty store, and makes a log where there is none.
///
/// # Errors
///
/// [`Flaw::Unusable`] for something that is neither there as a whole nor not there at all.
pub(super) fn exists(path: &Path) -> Result<bool, Flaw> {
    let unusable = |detail: &str| Err(Flaw::Unusable(detail.to_owned()));
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::metadata(log(path)).is_ok_and(|log| log.len() > 0) {
                return unusable("it is missing, but its log is there (the file whose name ends in -wal)");
            }
            if being_restored(path).exists() {
                return unusable("a restore was interrupted; run it again");
            }
            return Ok(false);
        }
        Err(error) => return unusable(&error.to_string()),
    };
    let mut header = Vec::new();
    let read = (&mut file).take(100).read_to_end(&mut header);
    read.map_err(|error| Flaw::Unusable(error.to_string()))?;
    if header.is_empty() {
        return unusable("it is empty");
    }
    let version = header.get(USER_VERSION_AT..USER_VERSION_AT + 4);
    if version == Some(&JUST_MADE.to_be_bytes()) && !log(path).exists() {
        return unusable(
            "its log is missing (the file whose name ends in -wal), and with it all that was stored. Copy a store that \
             is in use with: websocket-monitor backup FILE",
        );
    }
    Ok(true)
}

/// Makes a new store, without anything in it. It appears as a whole: who is killed meanwhile leaves
/// none.
pub(super) async fn make(path: &Path) -> Result<(), StoreError> {
    let new = beside(path, &format!(".new-{:08x}", rand::rng().random::<u32>()));
    let made = make_at(&new, path).await;
    // It has its other name by now, or is of no use.
    for left in [beside(&new, "-journal"), new] {
        let _ = fs::remove_file(left);
    }
    made
}

async fn make_at(new: &Path, path: &Path) -> Result<(), StoreError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Unusable { path: path.to_owned(), detail: error.to_string() },
    };
    let file = make_private(new).map_err(failed)?;
    hand_over(&file, directory_of(path)).map_err(failed)?;
    let options = SqliteConnectOptions::new().filename(new).synchronous(SqliteSynchronous::Full);
    let tables = async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        run_migrations(&mut connection).await?;
        sqlx::query("PRAGMA user_version = 1").execute(&mut connection).await?;
        Ok(connection.close().await?)
    };
    tables.await.map_err(|error: MigrateError| migration_failed(error).of_store(path))?;
    file.sync_all().map_err(failed)?;
    // Beside a store that was just made there is a log: without one, it is a copy.
    match make_private(&log(path)) {
        Ok(log) => hand_over(&log, directory_of(path)).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    rename_if_free(new, path).map_err(failed)?;
    sync_directory_of(path).map_err(failed)
}

/// Gives a file another name, unless that is taken; whether it was free.
pub(super) fn rename_if_free(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Not every file system has hard links.
        Err(_) if to.exists() => Ok(false),
        Err(_) => fs::rename(from, to).map(|()| true),
    }
}

/// Notes that something may be put into the store from now on: once its log is gone, that is in it.
pub(super) async fn note_use(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let version: u32 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    if version == JUST_MADE {
        sqlx::query("PRAGMA user_version = 0").execute(connection).await?;
    }
    Ok(())
}

/// Checks a store's schema and, if it is small, all of it. Looked for without leave to write: what a
/// crash has left beside the file would be put into it by the last connection that closes, damaged
/// or not.
pub(super) async fn check(path: &Path) -> Result<(), Flaw> {
    let mut connection = connect_to_read(path).await?;
    check_schema(&mut connection).await?;
    if fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_BEFORE_USE) {
        check_pages(&mut connection, "PRAGMA quick_check(1)").await?;
    }
    Ok(connection.close().await?)
}

pub(super) async fn connect_to_read(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).read_only(true)).await
}

/// Checks that this is a store of a version that this program knows.
pub(super) async fn check_schema(connection: &mut SqliteConnection) -> Result<(), Flaw> {
    let has_table = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(has_table).fetch_one(&mut *connection).await?;
    let foreign = || Flaw::Unusable("it holds no store of this program".to_owned());
    if tables == 0 {
        return Err(foreign());
    }
    let query = sqlx::query("SELECT version, checksum FROM _sqlx_migrations ORDER BY version DESC");
    let applied = query.fetch_all(&mut *connection).await?;
    let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
    let found: i64 = applied.first().ok_or_else(foreign)?.try_get(0)?;
    if found > known {
        return Err(Flaw::Newer { found, known });
    }
    for row in applied {
        let (version, checksum): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        if !MIGRATOR.iter().any(|ours| ours.version == version && *ours.checksum == *checksum) {
            return Err(foreign());
        }
    }
    Ok(())
}

/// Checks every page by `PRAGMA quick_check` or `integrity_check`.
pub(super) async fn check_pages(connection: &mut SqliteConnection, pragma: &'static str) -> Result<(), Flaw> {
    let verdict: String = sqlx::query_scalar(pragma).fetch_one(connection).await?;
    if verdict == "ok" { Ok(()) } else { Err(Flaw::Unusable(verdict.replace('\n', " "))) }
}

/// Brings the schema up to date.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), Flaw> {
    let mut connection = pool.acquire().await?;
    run_migrations(&mut connection).await.map_err(migration_failed)
}

/// Not `Migrator::run`: from its bounds the compiler cannot tell that the future may change threads.
async fn run_migrations(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    MIGRATOR.run_direct(None, connection, false).await
}

/// Brings the schema to an earlier version.
#[cfg(test)]
pub(super) async fn run_migrations_up_to(connection: &mut SqliteConnection, last: i64) -> Result<(), MigrateError> {
    let earlier = MIGRATOR.iter().filter(|migration| migration.version <= last).cloned().collect();
    let migrator = Migrator { migrations: std::borrow::Cow::Owned(earlier), ..Migrator::DEFAULT };
    migrator.run_direct(None, connection, false).await
}

/// Why the schema could not be brought up to date.
fn migration_failed(error: MigrateError) -> Flaw {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Flaw::Unusable(other.to_string()),
    }
}
