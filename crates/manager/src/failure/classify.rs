//! Errors of the operating system and of the library, told as what they say about a connection.

use std::{io, net::SocketAddr};

use tokio_tungstenite::tungstenite::{
    Error as WsError,
    error::{CapacityError, ProtocolError, SubProtocolError},
};
use wsmon_model::{LocalResource, NameFault, PeerText, Stage, SubprotocolFault, UnresolvedName};

use super::Failure;
use crate::{local_resource::short_of, secrets_dir::UnusableFile};

impl Failure {
    /// Tells why a host name did not resolve.
    pub(crate) fn from_resolve(error: &io::Error, host: &str) -> Self {
        if let Some(failure) = Self::of_our_own(error) {
            return failure;
        }
        let fault = match error.kind() {
            io::ErrorKind::NotFound => Some(NameFault::NoSuchName),
            io::ErrorKind::TimedOut => Some(NameFault::NoAnswer),
            io::ErrorKind::ConnectionRefused => Some(NameFault::Refused),
            _ => None,
        };
        Self::Dns { name: UnresolvedName { host: PeerText::new(host), fault }, error: Box::new(error.into()) }
    }

    /// A host name has no address.
    pub(crate) fn no_address(host: &str) -> Self {
        let name = UnresolvedName { host: PeerText::new(host), fault: Some(NameFault::NoSuchName) };
        Self::Dns { name, error: Box::default() }
    }

    /// Tells why a TCP connection could not be opened.
    pub(crate) fn from_connect(error: &io::Error, address: SocketAddr) -> Self {
        if let Some(failure) = Self::of_our_own(error) {
            return failure;
        }
        let errno = error.raw_os_error();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { address, errno },
            io::ErrorKind::AddrNotAvailable => {
                Self::LocalResources { short_of: LocalResource::Port { address }, errno }
            }
            _ => Self::Unreachable { address, error: Box::new(error.into()) },
        }
    }

    /// The failure if an error of the operating system is about what the monitor itself lacks.
    fn of_our_own(error: &io::Error) -> Option<Self> {
        let short_of = short_of(error)?;
        Some(Self::LocalResources { short_of, errno: error.raw_os_error() })
    }

    /// Tells why a file that the options name is not read.
    pub(crate) fn from_file(error: &UnusableFile, path: &str) -> Self {
        let of_our_own = match error {
            UnusableFile::Io(error) => Self::of_our_own(error),
            _ => None,
        };
        of_our_own.unwrap_or_else(|| Self::unusable_file(path, &error.to_string()))
    }

    /// A file that the options name cannot be used.
    pub(crate) fn unusable_file(path: &str, why: &str) -> Self {
        Self::Options { detail: PeerText::new(&format!("{path} cannot be used: {why}")) }
    }

    /// Tells why an upgrade did not come about, unless it was [refused](Self::from_answer).
    pub(crate) fn from_upgrade(error: &WsError) -> Self {
        match error {
            WsError::Protocol(ProtocolError::SecWebSocketSubProtocolError(error)) => {
                Self::Subprotocol(subprotocol_fault(error))
            }
            // A server that wants another certificate of the client's says so only now (RFC 8446 section 4.4.2.4).
            WsError::Io(error) => Self::from_handshake(error, Stage::Upgrade, "", None),
            WsError::ConnectionClosed | WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
                Self::HungUp { stage: Stage::Upgrade, errno: None }
            }
            other => Self::InvalidHandshake { detail: own_words(other) },
        }
    }

    /// Tells why an open connection could no longer be read or written.
    pub(crate) fn from_stream(error: &WsError) -> Self {
        match error {
            WsError::Io(error) => Self::Lost { errno: error.raw_os_error() },
            WsError::ConnectionClosed
            | WsError::AlreadyClosed
            | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost { errno: None },
            WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::TooBig { size: *size, most: *max_size }
            }
            WsError::Utf8(_) => Self::InvalidText,
            WsError::WriteBufferFull(_) => {
                tracing::error!("a frame was written for which the write buffer had no room");
                Self::Internal
            }
            other => Self::Protocol { detail: own_words(other) },
        }
    }
}

fn subprotocol_fault(error: &SubProtocolError) -> SubprotocolFault {
    match error {
        SubProtocolError::ServerSentSubProtocolNoneRequested => SubprotocolFault::NoneAsked,
        SubProtocolError::InvalidSubProtocol => SubprotocolFault::OtherChosen,
        SubProtocolError::NoSubProtocol => SubprotocolFault::NoneTaken,
    }
}

/// The library's words, without its name for the kind of error, which our sentence has.
fn own_words(error: &WsError) -> PeerText {
    PeerText::new(&match error {
        // What its check against attacks looks at.
        WsError::AttackAttempt => "its headers are larger than 64 KiB, or come in a great many small pieces".to_owned(),
        // It reads no more than 124 of them.
        WsError::Capacity(CapacityError::TooManyHeaders) => "it has more headers than are taken (124)".to_owned(),
        WsError::Protocol(error) => error.to_string(),
        other => other.to_string(),
    })
}
