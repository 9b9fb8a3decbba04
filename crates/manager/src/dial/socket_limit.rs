//! The limit on sockets, which keeps descriptors back for the program's other work.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;
use wsmon_model::LocalResource;

/// How many sockets may be open at once, dialed ones included.
pub(super) struct SocketLimit(Option<(usize, Arc<Semaphore>)>);

/// Leave to have one descriptor: while a name is resolved, a file read or a socket held.
pub(super) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

impl SocketLimit {
    /// The most sockets that may be open; `None` leaves the limit to the operating system.
    pub(super) fn new(most: Option<usize>) -> Self {
        Self(most.map(|most| (most, Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))))
    }

    /// Takes a place. Does not wait for one: that it is full is to be told, not to look like a host
    /// that does not answer.
    pub(super) fn take(&self) -> Result<Place, Failure> {
        let Some((most, places)) = &self.0 else { return Ok(Place { _permit: None }) };
        match Arc::clone(places).try_acquire_owned() {
            Ok(permit) => Ok(Place { _permit: Some(permit) }),
            Err(_) => Err(Failure::LocalResources { short_of: LocalResource::Places { most: *most }, errno: None }),
        }
    }
}
