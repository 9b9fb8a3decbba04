//! The lock that a server holds on its data directory.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{error::StoreError, file};

/// The name of the lock's file in the data directory. It is never removed: whoever opened it before
/// would hold a lock that nobody else sees.
const FILE: &str = "monitor.lock";

/// An advisory lock on a data directory, held while this lives. The operating system releases it
/// when the process ends, in whatever way.
///
/// A server holds it, because two would hold every connection twice, and a restore, because it
/// replaces the store. What only reads the store or adds to it works beside a server without it.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock of a directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process holds it, and [`StoreError::Directory`].
    pub fn acquire(directory: &Path) -> Result<Self, StoreError> {
        file::make_directory(directory)?;
        let unusable = |source| StoreError::Directory { path: directory.to_owned(), source };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(directory.join(FILE)).map_err(unusable)?;
        file::hand_over(&file, directory).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: directory.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}
