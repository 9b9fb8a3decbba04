//! Who asks for an operation.

use std::{net::IpAddr, time::SystemTime};

use crate::auth::{SessionId, Visitor};
use wsmon_manager::clock::unix_ms;
use wsmon_model::{AuditAction, AuditEntry, AuditOutcome, PeerText, PendingAudit};

/// Who is named in the audit log for what is done on the command line.
const COMMAND_LINE: &str = "command line";

/// Who asks for an operation.
#[derive(Clone, Debug)]
pub enum Actor {
    /// An administrator who is signed in.
    Administrator(SignedIn),
    /// Whoever may run the program on the store's directory.
    CommandLine,
}

/// An administrator with a session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The administrator's name.
    pub name: String,
    /// The session.
    pub session: SessionId,
    /// Where the request comes from.
    pub visitor: Visitor,
}

impl Actor {
    /// Who it is, as the audit log has it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Administrator(signed_in) => &signed_in.name,
            Self::CommandLine => COMMAND_LINE,
        }
    }

    /// The entry of what this actor asks for, in the audit log.
    pub(super) fn audit(&self, action: AuditAction, object: &str) -> PendingAudit {
        let address = match self {
            Self::Administrator(signed_in) => Some(signed_in.visitor.address),
            Self::CommandLine => None,
        };
        pending(self.name(), address, action, object)
    }
}

/// The entry of an operation that begins now.
pub(super) fn pending(who: &str, address: Option<IpAddr>, action: AuditAction, object: &str) -> PendingAudit {
    let entry = AuditEntry {
        at_ms: unix_ms(SystemTime::now()),
        who: PeerText::new(who),
        address: address.map(|address| address.to_string()).unwrap_or_default(),
        action,
        object: PeerText::new(object),
        outcome: AuditOutcome::UnderWay,
        detail: PeerText::default(),
    };
    PendingAudit { operation: rand::random(), entry }
}
