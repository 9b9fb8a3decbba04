//! Errors of the operating system and of a peer's frames, told as what they say about a connection.

use std::{io, net::SocketAddr, path::Path};

use wsmon_model::{
    CertificateFault, CertificateFile, CertificateProblem, LocalResource, NameFault, PeerText, UnresolvedName,
};

use super::Failure;
use crate::{
    frame::{Close, FrameError},
    local_resource::short_of,
    regular_file::UnusableFile,
};

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

    /// Tells why a file that a service's configuration names is not read.
    pub(crate) fn from_configured_file(error: &UnusableFile, file: CertificateFile, path: &Path) -> Self {
        let words = match error {
            UnusableFile::Io(error) => match Self::of_our_own(error) {
                Some(failure) => return failure,
                None if error.kind() == io::ErrorKind::NotFound => "there is no such file".to_owned(),
                None => error.kind().to_string(),
            },
            other => other.to_string(),
        };
        Self::unusable_certificate(file, path, CertificateProblem::Unreadable, &words)
    }

    /// A file that a service's configuration names cannot be used.
    pub(crate) fn unusable_certificate(
        file: CertificateFile,
        path: &Path,
        problem: CertificateProblem,
        words: &str,
    ) -> Self {
        let path = PeerText::new(&path.to_string_lossy());
        let fault = CertificateFault { file: Some(file), path, problem: Some(problem), certificate: None };
        Self::Certificate { fault: Box::new(fault), detail: PeerText::new(words) }
    }

    /// A file that the options name cannot be used.
    pub(crate) fn unusable_file(path: &str, why: &str) -> Self {
        Self::Options { detail: PeerText::new(&format!("{path} cannot be used: {why}")) }
    }

    /// Tells why an open connection could no longer be read.
    pub(crate) fn from_frames(error: FrameError) -> Self {
        match error {
            FrameError::TooBig { size, most } => Self::TooBig { size, most },
            FrameError::InvalidText => Self::InvalidText,
            FrameError::InFlight { most } => {
                Self::LocalResources { short_of: LocalResource::InFlight { most }, errno: None }
            }
            other => Self::Protocol { detail: PeerText::new(&other.to_string()) },
        }
    }

    /// Why a close frame ends the connection.
    pub(crate) fn from_close(close: Option<&Close>) -> Self {
        Self::Closed {
            code: close.map(|close| close.code),
            reason: PeerText::new(close.map_or("", |close| &close.reason)),
        }
    }
}
