//! What the operating system says the monitor itself is short of. Nothing of it says anything about a host.

use std::io;

use rustix::io::Errno;
use wsmon_model::LocalResource;

/// What an error of the operating system says is lacking, if anything.
pub(super) fn short_of(error: &io::Error) -> Option<LocalResource> {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => Some(LocalResource::Descriptors),
        Some(Errno::NFILE) => Some(LocalResource::MachineDescriptors),
        Some(Errno::NOBUFS | Errno::NOMEM) => Some(LocalResource::Memory),
        _ if error.kind() == io::ErrorKind::OutOfMemory => Some(LocalResource::Memory),
        _ => None,
    }
}
