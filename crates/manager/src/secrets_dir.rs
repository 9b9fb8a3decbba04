//! The one directory from which files are read that administrators name.

use std::{
    io,
    path::{self, Component, Path, PathBuf},
};

use rustix::fs::OFlags;

use super::regular_file::{RegularFile, UnusableFile};

/// The directory that the operator set aside with `--secrets-dir`.
#[derive(Clone, Debug)]
pub struct SecretsDir {
    /// As the operator wrote it, but absolute.
    given: PathBuf,
    /// Without symbolic links.
    real: PathBuf,
}

impl SecretsDir {
    /// The directory at a path.
    ///
    /// # Errors
    ///
    /// The operating system's, where there is no directory.
    pub fn new(path: &Path) -> io::Result<Self> {
        let (given, real) = (path::absolute(path)?, path.canonicalize()?);
        if real.is_dir() { Ok(Self { given, real }) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    /// Opens a file in it. The path may be absolute or relative to the directory; neither it nor a
    /// symbolic link may lead out. Blocks the thread.
    pub(super) fn open(&self, path: &Path) -> Result<RegularFile, UnusableFile> {
        // Links are resolved already.
        RegularFile::open(&self.resolve(path)?, OFlags::NOFOLLOW)
    }

    /// Reads a file in it, as [`open`](Self::open) opens it.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, UnusableFile> {
        self.open(path)?.read()
    }

    /// The path without links.
    fn resolve(&self, path: &Path) -> Result<PathBuf, UnusableFile> {
        // Joined, an absolute path stays as it is. What leads out is refused before it is looked for, so that
        // the answer does not tell whether it is there.
        let path = self.real.join(path);
        let below = path.starts_with(&self.real) || path.starts_with(&self.given);
        if !below || path.components().any(|part| part == Component::ParentDir) {
            return Err(UnusableFile::Outside);
        }
        let real = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => UnusableFile::NotFound,
            _ => error.into(),
        })?;
        if real.starts_with(&self.real) { Ok(real) } else { Err(UnusableFile::Outside) }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::{fs::symlink, net::UnixListener},
        process::Command,
    };

    use super::*;
    use crate::regular_file::LARGEST;

    /// A directory with a secrets directory in it.
    fn directories() -> (tempfile::TempDir, SecretsDir, PathBuf) {
        let outer = tempfile::tempdir().expect("a directory");
        let path = outer.path().join("secrets");
        fs::create_dir(&path).expect("made");
        fs::write(outer.path().join("outside"), "x").expect("written");
        fs::write(path.join("inside"), "ours").expect("written");
        (outer, SecretsDir::new(&path).expect("a directory"), path)
    }

    fn refusal(secrets: &SecretsDir, path: impl AsRef<Path>) -> String {
        secrets.read(path.as_ref()).expect_err("refused").to_string()
    }

    #[test]
    fn files_in_it_are_read() {
        let (_outer, secrets, path) = directories();
        fs::create_dir_all(path.join("..data")).expect("made");
        fs::write(path.join("..data/ca.pem"), "linked").expect("written");
        // As Kubernetes mounts a secret.
        symlink("..data/ca.pem", path.join("ca.pem")).expect("linked");
        assert_eq!(secrets.read(Path::new("inside")).expect("readable"), b"ours");
        assert_eq!(secrets.read(&path.join("inside")).expect("readable"), b"ours");
        assert_eq!(secrets.read(Path::new("ca.pem")).expect("readable"), b"linked");
    }

    #[test]
    fn nothing_leads_out_of_it() {
        let (outer, secrets, path) = directories();
        symlink(outer.path().join("outside"), path.join("link")).expect("linked");
        symlink("/dev/zero", path.join("zero")).expect("linked");
        symlink(outer.path(), path.join("up")).expect("linked");
        for name in ["../outside", "../gone", "/dev/zero", "/etc/passwd", "link", "zero", "up/outside"] {
            let why = refusal(&secrets, name);
            assert!(why.starts_with("it is outside the secrets directory"), "{name}: {why}");
        }
        assert_eq!(refusal(&secrets, "/nowhere/at/all"), refusal(&secrets, outer.path().join("outside")));
        assert_eq!(refusal(&secrets, "gone"), "there is no such file in the secrets directory");
    }

    #[test]
    fn only_small_regular_files_are_read() {
        let (_outer, secrets, path) = directories();
        assert!(Command::new("mkfifo").arg(path.join("pipe")).status().expect("runs").success());
        let _listener = UnixListener::bind(path.join("socket")).expect("bound");
        for name in ["pipe", "socket", "."] {
            assert_eq!(refusal(&secrets, name), "it is not a regular file", "{name}");
        }
        let length = usize::try_from(LARGEST).expect("small");
        fs::write(path.join("large"), vec![b'x'; length + 1]).expect("written");
        assert_eq!(refusal(&secrets, "large"), "it is larger than 1 MiB");
        fs::write(path.join("large"), vec![b'x'; length]).expect("written");
        assert_eq!(secrets.read(Path::new("large")).expect("readable").len(), length);
    }
}
