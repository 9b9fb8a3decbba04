//! How many streams each endpoint holds, counted at the manager's end: a socket that the manager has
//! given up is no longer its own, whatever the server still thinks.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsmon_manager::{BoxStream, Stream};
use wsmon_model::EndpointId;

/// Streams by the path of the request that went over them.
#[derive(Clone, Default)]
pub struct Census(Arc<Mutex<BTreeMap<String, Count>>>);

#[derive(Clone, Copy, Default)]
struct Count {
    live: usize,
    most: usize,
}

impl Census {
    /// Counts a stream from its request until it is dropped.
    pub fn count(&self, stream: impl Stream + 'static) -> BoxStream {
        Box::new(Counted { stream, census: self.clone(), path: None })
    }

    /// The streams that an endpoint holds.
    pub fn live(&self, endpoint: &EndpointId) -> usize {
        let suffix = format!("/{endpoint}");
        self.lock().iter().filter(|(path, _)| path.ends_with(&suffix)).map(|(_, count)| count.live).sum()
    }

    /// The most streams that any endpoint ever held at once.
    pub fn most(&self) -> usize {
        self.lock().values().map(|count| count.most).max().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Count>> {
        self.0.lock().expect("no panic while counting")
    }

    fn begin(&self, path: &str) {
        let mut counts = self.lock();
        let count = counts.entry(path.to_owned()).or_default();
        count.live += 1;
        count.most = count.most.max(count.live);
    }

    fn end(&self, path: &str) {
        self.lock().entry(path.to_owned()).or_default().live -= 1;
    }
}

struct Counted<S> {
    stream: S,
    census: Census,
    path: Option<String>,
}

impl<S> Drop for Counted<S> {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            self.census.end(path);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.path.is_none() {
            let path = request_path(bytes);
            self.census.begin(&path);
            self.path = Some(path);
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The path in a request's first line, which every stream begins with.
fn request_path(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).split(' ').nth(1).expect("a request line").to_owned()
}
