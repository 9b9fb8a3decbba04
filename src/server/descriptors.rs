//! File descriptors: how many there may be, and who gets how many.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::debug;

/// What the program itself needs besides sockets: the runtime, the store, standard streams, logs on their
/// way to a collector, commands such as a backup. 15 were open after a start and a login.
const OWN: u64 = 32;

/// A browser's connection and the file that is being sent to it.
const PER_CLIENT: u64 = 2;

/// Browsers' connections at once, at most.
const MOST_CLIENTS: u64 = 1_024;

/// Connections kept for who asks how the server is, at most. They are sent no files.
const MOST_RESERVE: u64 = 64;

/// How the descriptors that the process may have are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptors {
    /// The process's limit.
    pub(super) limit: u64,
    /// Connections of browsers, scrapers and probes.
    pub(super) clients: usize,
    /// Connections beyond these for health, readiness and metrics alone.
    pub(super) reserve: usize,
    /// Sockets to services.
    pub(super) sockets: usize,
}

impl Descriptors {
    /// Raises the limit as far as the operating system lets it, and divides what there is.
    pub(super) fn raised() -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // What uses `select` cannot handle many, hence the lower soft limit; nothing here does.
        match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            Ok(()) => Self::of(maximum.unwrap_or(u64::MAX)),
            Err(error) => {
                debug!(%error, "the limit on open files stays as it is");
                Self::of(current.unwrap_or(u64::MAX))
            }
        }
    }

    /// A quarter of few descriptors is for clients. All that is left is for services.
    fn of(limit: u64) -> Self {
        let clients = (limit / 4 / PER_CLIENT).clamp(1, MOST_CLIENTS);
        let reserve = (limit / 16).clamp(1, MOST_RESERVE);
        let sockets = limit.saturating_sub(OWN + clients * PER_CLIENT + reserve).max(1);
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self { limit, clients: whole(clients), reserve: whole(reserve), sockets: whole(sockets) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_kept_back_for_the_program_and_its_clients() {
        let divided = |limit| {
            let Descriptors { clients, reserve, sockets, .. } = Descriptors::of(limit);
            (clients, reserve, sockets)
        };
        assert_eq!(divided(64), (8, 4, 12));
        assert_eq!(divided(1_024), (128, 64, 672));
        assert_eq!(divided(65_536), (1_024, 64, 63_392));
        assert_eq!(divided(8), (1, 1, 1), "too few for anything");
        assert_eq!(divided(u64::MAX).0, 1_024);
    }
}
