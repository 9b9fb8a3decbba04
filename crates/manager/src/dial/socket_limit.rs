//! The limit on sockets, which keeps descriptors back for the program's other work.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::transport::BoxStream;
use crate::failure::Failure;
use wsmon_model::LocalResource;

/// How many sockets may be open at once, dialed ones included.
pub(super) struct SocketLimit(Option<(usize, Arc<Semaphore>)>);

/// Leave to have one descriptor: while a name is resolved, a file read or a socket held.
pub(super) struct Place(Option<OwnedSemaphorePermit>);

impl SocketLimit {
    /// The most sockets that may be open; `None` leaves the limit to the operating system.
    pub(super) fn new(most: Option<usize>) -> Self {
        Self(most.map(|most| (most, Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))))
    }

    /// Takes a place. Does not wait for one: that it is full is to be told, not to look like a host
    /// that does not answer.
    pub(super) fn take(&self) -> Result<Place, Failure> {
        let Some((most, places)) = &self.0 else { return Ok(Place(None)) };
        match Arc::clone(places).try_acquire_owned() {
            Ok(permit) => Ok(Place(Some(permit))),
            Err(_) => Err(Failure::LocalResources { short_of: LocalResource::Places { most: *most }, errno: None }),
        }
    }
}

impl Place {
    /// Keeps the place for as long as the stream lives.
    pub(super) fn hold(self, stream: BoxStream) -> BoxStream {
        match self.0 {
            Some(permit) => Box::new(Held { stream, _permit: permit }),
            None => stream,
        }
    }
}

/// A stream that keeps its place.
struct Held {
    stream: BoxStream,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for Held {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
