//! What is made of files, and made anew when they have changed.

use std::{
    array,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use super::files::NamedFile;
use crate::{failure::Failure, regular_file::Stamp, secrets_dir::SecretsDir};

/// What was made of sets of files.
pub(super) struct FromFiles<const N: usize, T>(Mutex<HashMap<[NamedFile; N], Known<N, T>>>);

struct Known<const N: usize, T> {
    /// By which it shows that a file has not changed; `None` where its content has to tell.
    stamps: [Option<Stamp>; N],
    contents: [Vec<u8>; N],
    made: Arc<T>,
}

impl<const N: usize, T> Default for FromFiles<N, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<const N: usize, T> FromFiles<N, T> {
    /// What is made of these files: the same as before while none has changed. Blocks the thread.
    pub(super) fn get(
        &self,
        files: [NamedFile; N],
        secrets: Option<&SecretsDir>,
        make: impl FnOnce([&[u8]; N]) -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        self.get_at(SystemTime::now(), files, secrets, make)
    }

    fn get_at(
        &self,
        now: SystemTime,
        files: [NamedFile; N],
        secrets: Option<&SecretsDir>,
        make: impl FnOnce([&[u8]; N]) -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        let opened = files.iter().map(|file| file.open(secrets)).collect::<Result<Vec<_>, _>>()?;
        let stamps: [_; N] = array::from_fn(|n| opened[n].stamp(now));
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&files)
            && stamps.iter().all(Option::is_some)
            && stamps == known.stamps
        {
            return Ok(Arc::clone(&known.made));
        }
        let read = opened.into_iter().zip(&files).map(|(open, file)| open.read().map_err(|why| file.unreadable(&why)));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        // Held while it is made, so that of many attempts at once only the first makes it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&files).filter(|known| known.contents[..] == read[..]) {
            known.stamps = stamps;
            return Ok(Arc::clone(&known.made));
        }
        let made = Arc::new(make(array::from_fn(|n| &read[n][..]))?);
        let contents = array::from_fn(|n| read[n].clone());
        known.insert(files, Known { stamps, contents, made: Arc::clone(&made) });
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File, FileTimes},
        time::Duration,
    };

    use super::*;
    use wsmon_model::CertificateFile;

    fn upper(pem: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(pem.to_ascii_uppercase())
    }

    #[test]
    fn it_is_made_anew_when_the_content_differs_and_not_otherwise() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let file = || [NamedFile::Configured(CertificateFile::CaFile, path.clone())];
        let made = FromFiles::default();
        let get = || made.get(file(), None, |[pem]| upper(pem)).expect("readable");
        fs::write(&path, "one").expect("written");
        let one = get();
        assert_eq!(*one, b"ONE");
        fs::write(&path, "one").expect("written");
        assert!(Arc::ptr_eq(&one, &get()), "it says the same as before");
        // In the same moment, of the same length, and with the time of before.
        let times =
            FileTimes::new().set_modified(fs::metadata(&path).expect("it is there").modified().expect("a time"));
        fs::write(&path, "two").expect("written");
        File::options().write(true).open(&path).expect("opens").set_times(times).expect("set");
        assert_eq!(*get(), b"TWO");
        fs::remove_file(&path).expect("removed");
        assert!(made.get(file(), None, |[pem]| upper(pem)).is_err());
        fs::write(directory.path().join("other"), "six").expect("written");
        fs::rename(directory.path().join("other"), &path).expect("renamed");
        assert_eq!(*get(), b"SIX");
    }

    #[test]
    fn a_file_that_has_been_left_alone_is_not_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, "one").expect("written");
        let file = [NamedFile::Configured(CertificateFile::CaFile, path)];
        let made = FromFiles::default();
        let get = |now| made.get_at(now, file.clone(), None, |[pem]| upper(pem)).expect("readable");
        let (now, later) = (SystemTime::now(), SystemTime::now() + Duration::from_secs(10));
        let first = get(later);
        // What was read is no longer what is known of it, which only another read tells.
        made.0.lock().expect("no panic").get_mut(&file).expect("it is known").contents = [Vec::new()];
        assert!(Arc::ptr_eq(&first, &get(later)), "it was read again");
        assert!(!Arc::ptr_eq(&first, &get(now)), "it was written just now, so its times do not count");
    }
}
