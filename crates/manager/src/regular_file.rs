//! Regular files of a bounded size, and what tells that one has changed.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
};

/// The largest file that is read: 1 MiB.
pub(super) const LARGEST: u64 = 1024 * 1024;

/// How long a file must have been left alone before its times tell a later change for sure: the coarsest clocks of file
/// systems have steps of 2 s.
const SETTLED: Duration = Duration::from_secs(2);

/// Why a file is not read. Each displays as the end of a sentence that begins with its path.
#[derive(Debug, thiserror::Error)]
pub enum UnusableFile {
    /// No directory was set aside.
    #[error("the monitor has no secrets directory; start it with --secrets-dir and put the file there")]
    NoDirectory,
    /// The path leads out of the directory.
    #[error("it is outside the secrets directory; move the file there and give its name alone")]
    Outside,
    /// Nothing has that name.
    #[error("there is no such file in the secrets directory")]
    NotFound,
    /// A directory, a device or a pipe.
    #[error("it is not a regular file")]
    NotRegular,
    /// More than is ever needed.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// The operating system refuses.
    #[error("{}", .0.kind())]
    Io(#[from] io::Error),
}

/// A regular file that is open for reading.
pub(super) struct RegularFile {
    file: File,
    metadata: Metadata,
}

impl RegularFile {
    /// Opens a file, with flags of the operating system besides. Blocks the thread.
    pub(super) fn open(path: &Path, flags: OFlags) -> Result<Self, UnusableFile> {
        // A pipe would keep the thread waiting for its writer.
        let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(open(path, flags, Mode::empty()).map_err(|errno| match errno {
            // A socket cannot be opened.
            Errno::LOOP | Errno::NXIO => UnusableFile::NotRegular,
            other => UnusableFile::Io(other.into()),
        })?);
        // What is open is what is checked, and what is read.
        let metadata = file.metadata()?;
        if metadata.is_file() { Ok(Self { file, metadata }) } else { Err(UnusableFile::NotRegular) }
    }

    /// What it holds. Blocks the thread.
    pub(super) fn read(self) -> Result<Vec<u8>, UnusableFile> {
        let mut content = Vec::new();
        self.file.take(LARGEST + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LARGEST { Err(UnusableFile::TooLarge) } else { Ok(content) }
    }

    /// What differs once it has changed; `None` if it was written so shortly before `now` that another change might not show.
    pub(super) fn stamp(&self, now: SystemTime) -> Option<Stamp> {
        let metadata = &self.metadata;
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(changed.0).ok()?);
        let is_settled = now.duration_since(at).is_ok_and(|ago| ago > SETTLED);
        let (device, inode, length) = (metadata.dev(), metadata.ino(), metadata.len());
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        is_settled.then_some(Stamp { device, inode, length, modified, changed })
    }
}

/// What the operating system says of a file that differs once it has changed or another has taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    /// Seconds and nanoseconds; so below.
    modified: (i64, i64),
    /// Of the inode, which programs that copy files cannot set back.
    changed: (i64, i64),
}
