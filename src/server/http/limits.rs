//! What clients may take of the server.

use std::time::Duration;

/// How many connections clients may have, and how long they may take over what they send and read.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one client address; an IPv6 network of 64 bits counts as one. Trusted
    /// proxies are exempt. Browsers have six connections to a host each.
    pub per_address: usize,
    /// Connections beyond these, of which only requests for health, readiness and metrics are
    /// answered. When all are taken, the address that has most of them loses its oldest.
    pub reserve: usize,
    /// How long a connection of the reserve lasts at most.
    pub reserve_life: Duration,
    /// How long a request's head may take, from its first byte to its last, and how long a connection
    /// may be idle.
    pub head: Duration,
    /// How long a request's whole body may take.
    pub body: Duration,
    /// How long a client that is being sent something may take none of it. The kernel tells of what
    /// it takes in steps of a third of its buffer, so that three kilobytes a second are enough.
    pub write_stall: Duration,
    /// How long requests under way may take to end when the server is told to.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            per_address: 128,
            reserve: 64,
            reserve_life: Duration::from_secs(5),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            write_stall: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
        }
    }
}
