//! Services: processes of their own, because one process may not open enough sockets for both ends.

mod client;
mod serve;
mod tls;

use std::net::SocketAddr;

pub use self::{
    serve::serve,
    tls::{CA_FILE, Certificates},
};
use crate::child::Role;

/// What this program is started with to be a service.
pub const ARGUMENT: &str = "--upstream";

/// A service that accepts every WebSocket, answers pings, and sends what it is told to.
pub struct Upstream {
    pub address: SocketAddr,
    scheme: &'static str,
    role: Role,
}

impl Upstream {
    /// Starts one, with TLS if it is given certificates.
    pub fn start(certificates: Option<&Certificates>) -> Self {
        let (scheme, mut role) = match certificates {
            None => ("ws", Role::start(&[ARGUMENT])),
            Some(certificates) => ("wss", Role::start(&[ARGUMENT, certificates.directory()])),
        };
        Self { address: role.answer(), scheme, role }
    }

    pub fn base_url(&self) -> String {
        format!("{}://{}/ws/", self.scheme, self.address)
    }

    /// Sends every client one message of that size; returns once all are written.
    pub fn send_each(&mut self, bytes: usize) {
        self.role.ask::<u64>(&format!("each {bytes}"));
    }

    /// Sends every client messages of that size, as fast as it takes them, until [`stop`](Self::stop).
    pub fn flood(&mut self, bytes: usize) {
        self.role.ask::<u64>(&format!("flood {bytes}"));
    }

    /// Sends that many messages a second, each to the next client, until [`stop`](Self::stop).
    pub fn trickle(&mut self, a_second: u32) {
        self.role.ask::<u64>(&format!("trickle {a_second}"));
    }

    /// Sends nothing more; how many messages were sent in all.
    pub fn stop(&mut self) -> u64 {
        self.role.ask("stop")
    }
}
