//! What can be wrong, as bounded words with their figures.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What the monitor's own machine or process lacked. Says nothing about any host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalResource {
    /// A place under the manager's own limit on sockets.
    Places {
        /// How many there are.
        most: usize,
    },
    /// A file descriptor of the process (`EMFILE`).
    Descriptors,
    /// A file descriptor of the whole machine (`ENFILE`).
    MachineDescriptors,
    /// A local port, or a local address (`EADDRNOTAVAIL`).
    Port {
        /// Where to.
        address: SocketAddr,
    },
    /// Memory for a socket (`ENOBUFS`, `ENOMEM`).
    Memory,
    /// Room for messages that have not come whole, under the manager's own limit on them.
    InFlight {
        /// How many bytes there may be.
        most: usize,
    },
}

/// Why a host name did not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameFault {
    /// There is no such name, or it has no address.
    NoSuchName,
    /// No name server gave a usable answer: none came, or it said that the server failed.
    NoAnswer,
    /// The name server refused to look it up.
    Refused,
}

/// What is wrong with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsProblem {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotValidYet,
    /// The certificate was issued by an authority that is not trusted.
    UnknownIssuer,
    /// The certificate is for other names.
    WrongName,
    /// The certificate was revoked.
    Revoked,
    /// Something else is wrong with the certificate.
    InvalidCertificate,
    /// The server ended the handshake with an alert.
    Alert,
}

/// Why there is no agreement on a subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubprotocolFault {
    /// The server took none of those asked for.
    NoneTaken,
    /// The server chose one that was not asked for.
    OtherChosen,
    /// The server chose one although none was asked for.
    NoneAsked,
}

/// How the peer broke the protocol or a limit on an open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolFault {
    /// It sent more at once than is taken.
    TooBig {
        /// A frame's or a message's payload, in bytes.
        size: usize,
        /// The limit, in bytes.
        most: usize,
    },
    /// It sent text that is not UTF-8.
    InvalidText,
    /// It went on sending pings or pongs faster than they are answered.
    PingFlood {
        /// The limit, in pings a second.
        most: u32,
    },
}
