//! The limit on open files, which says how many connections a process can hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the program keeps back of its descriptors (`src/server/descriptors.rs`).
const KEPT_BACK: u64 = 2_200;

/// Raises the soft limit to the hard one, for this process and those that it starts.
pub fn raise() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("the hard limit is allowed");
}

/// How many connections one process of the program can hold.
pub fn most_connections() -> u32 {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    u32::try_from(limit.saturating_sub(KEPT_BACK)).unwrap_or(u32::MAX)
}
