//! The site within the program. `make dist` compiles the site's directory in, compressed forms included.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    io::{self, Cursor, ErrorKind, SeekFrom},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use axum::body::Bytes;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

use super::PageFilesError;

/// A file's path below the site's root, what is in it, and since when.
pub(in crate::server) type SiteFile = (String, Bytes, SystemTime);

/// The site's directory as it was when the program was compiled; `None` for a program without.
#[cfg(feature = "embed-site")]
pub(super) fn compiled_in() -> Option<Vec<SiteFile>> {
    use std::{borrow::Cow, time::Duration};

    use rust_embed::Embed;

    // Where it was not set, leptos looks for WASM under another name.
    const _: &str = env!("LEPTOS_OUTPUT_NAME", "build it with `make dist`");

    #[derive(Embed)]
    #[folder = "target/site"]
    struct Directory;

    let read = |path: Cow<'static, str>| {
        let file = Directory::get(&path)?;
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(file.metadata.last_modified()?);
        Some((path.into_owned(), bytes, modified))
    };
    Some(Directory::iter().filter_map(read).collect())
}

/// The site's directory as it was when the program was compiled; `None` for a program without.
#[cfg(not(feature = "embed-site"))]
pub(super) fn compiled_in() -> Option<Vec<SiteFile>> {
    None
}

/// The site's files by the paths that browsers ask for. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedFiles(Arc<HashMap<PathBuf, Content>>);

/// What is in a file, and since when.
#[derive(Clone)]
pub struct Content {
    bytes: Bytes,
    modified: SystemTime,
}

impl EmbeddedFiles {
    /// Gives the files that pages name (script, WASM and style) one hash, of all three, instead of one each, and tells the
    /// name without extension that they have then. So leptos, which else reads the hashes from a file beside the program,
    /// for each page, only needs another `output_name`.
    ///
    /// # Errors
    ///
    /// [`PageFilesError::NotEmbedded`] when there is not one of each with a hash in its name.
    pub(in crate::server) fn named(
        files: Vec<SiteFile>,
        package: &str,
        name: &str,
    ) -> Result<(Self, String), PageFilesError> {
        let mut found = Vec::new();
        for (kind, end) in [("js", ".js"), ("wasm", ".wasm"), ("css", ".css")] {
            let (start, mut paths) = (format!("{package}/{name}."), files.iter().map(|(path, ..)| path));
            let path = paths.find(|path| path.strip_prefix(&start).is_some_and(|rest| rest.ends_with(end)));
            found.push((path.ok_or(PageFilesError::NotEmbedded { kind })?.clone(), end));
        }
        let hash = Sha256::digest(found.iter().map(|(path, _)| path.as_str()).collect::<String>());
        let name = format!("{name}.{}", BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]));
        let renamed = |(path, bytes, modified): SiteFile| {
            // Compressed forms follow, with `.br` or `.gz` at the end.
            let new = found.iter().find_map(|(old, end)| Some((path.strip_prefix(old)?, end)));
            let path = new.map(|(form, end)| format!("{package}/{name}{end}{form}")).unwrap_or(path);
            (PathBuf::from(path), Content { bytes, modified })
        };
        Ok((Self(Arc::new(files.into_iter().map(renamed).collect())), name))
    }

    fn content(&self, path: &Path) -> io::Result<Content> {
        // `ServeDir` puts its base before, which is the working directory whatever it is given.
        let path = path.strip_prefix(".").unwrap_or(path);
        self.0.get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Backend for EmbeddedFiles {
    type File = OpenFile;
    type Metadata = Content;
    type OpenFuture = Ready<io::Result<OpenFile>>;
    type MetadataFuture = Ready<io::Result<Content>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let open = |content: Content| OpenFile { unread: Cursor::new(content.bytes.clone()), content };
        ready(self.content(&path).map(open))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.content(&path))
    }
}

impl Metadata for Content {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.modified)
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// A file of the program's own that is being read.
pub struct OpenFile {
    unread: Cursor<Bytes>,
    content: Content,
}

impl File for OpenFile {
    type Metadata = Content;
    type MetadataFuture<'a> = Ready<io::Result<Content>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.content.clone()))
    }
}

impl AsyncRead for OpenFile {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.unread).poll_read(context, into)
    }
}

impl AsyncSeek for OpenFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.unread).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.unread).poll_complete(context)
    }
}

#[cfg(test)]
mod tests;
