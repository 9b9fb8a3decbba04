//! What the monitor itself can be short of. Nothing of it says anything about a host.

use std::{io, net::SocketAddr};

use rustix::io::Errno;

/// What the monitor's own machine or process lacked. Displays as sentences for an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalResource {
    /// A place under the manager's own limit on sockets.
    #[error(
        "The monitor's limit on open files leaves room for {most} connections, and they are taken. Raise the limit \
         (LimitNOFILE in the systemd unit, or ulimit -n) and start the monitor again."
    )]
    Places {
        /// How many there are.
        most: usize,
    },
    /// A file descriptor of the process (`EMFILE`).
    #[error(
        "The monitor has as many files open as it may. Raise the limit (LimitNOFILE in the systemd unit, or ulimit -n) \
         and start the monitor again."
    )]
    Descriptors,
    /// A file descriptor of the whole machine (`ENFILE`).
    #[error("The monitor's machine has as many files open as it may. Raise fs.file-max, or look what else runs there.")]
    MachineDescriptors,
    /// A local port, or a local address (`EADDRNOTAVAIL`).
    #[error(
        "The monitor's machine has no free port for a connection to {address}, or no address of its own to connect from. \
         Widen net.ipv4.ip_local_port_range."
    )]
    Port {
        /// Where to.
        address: SocketAddr,
    },
    /// Memory for a socket (`ENOBUFS`, `ENOMEM`).
    #[error("The monitor's machine has no memory left for another socket.")]
    Memory,
}

impl LocalResource {
    /// What an error of the operating system says is lacking, if anything.
    pub(super) fn short_of(error: &io::Error) -> Option<Self> {
        match Errno::from_io_error(error) {
            Some(Errno::MFILE) => Some(Self::Descriptors),
            Some(Errno::NFILE) => Some(Self::MachineDescriptors),
            Some(Errno::NOBUFS | Errno::NOMEM) => Some(Self::Memory),
            _ if error.kind() == io::ErrorKind::OutOfMemory => Some(Self::Memory),
            _ => None,
        }
    }
}
