//! Why the store cannot be used.

use std::{io, path::PathBuf};

use sqlx::error::DatabaseError;

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

/// An error in one line.
pub(super) fn one_line(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().replace('\n', " "),
        other => other.to_string().replace('\n', " "),
    }
}
