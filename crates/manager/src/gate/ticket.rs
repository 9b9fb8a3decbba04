//! Who waits at the gate, and what its last attempt says about it.

/// What an endpoint's last attempt says about the endpoint, in the order in which the gate serves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It connected: the first failure after that is news about the host.
    Working,
    /// It was never tried, or the host answered it otherwise, or nothing spoke for the host when it failed.
    #[default]
    Unknown,
    /// It failed while the host was known to work, so it speaks only for itself; or it has a session, and tries to open the
    /// one that is to take its place.
    Failing,
}

/// One admission, or the wait for one. Sorted in the order of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    /// How the endpoint stood when it came.
    pub(super) standing: Standing,
    /// In the order of coming.
    pub(super) number: u64,
}

/// Which way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// An administrator waits for it: ahead of the queue, and also while the host fails.
    Urgent,
    /// In the order of coming, and behind a probe while the host fails.
    Queue,
}
