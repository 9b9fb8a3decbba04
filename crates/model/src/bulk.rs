//! One action on many connections: what is asked for, what it would do, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{AuditAction, EndpointId, ListQuery, Phase};

/// What is done to each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum BulkAction {
    /// Connects those that are not connected.
    Connect,
    /// Disconnects those that are not off.
    Disconnect,
    /// Stops the attempts of those that wait or are blocked.
    Pause,
    /// Lets the attempts of those that are off go on.
    Resume,
    /// Removes them and their events.
    Remove,
    /// Turns auto reconnect on.
    AutoReconnectOn,
    /// Turns auto reconnect off.
    AutoReconnectOff,
    /// Adds what was removed, as it was wanted; its events are lost. Only as the way back of a removal.
    AddBack,
}

impl BulkAction {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words for people, as the audit log has them of each connection.
    pub fn label(self) -> &'static str {
        self.audited().label()
    }

    /// What the audit log tells of each connection.
    pub fn audited(self) -> AuditAction {
        match self {
            Self::Connect => AuditAction::Connect,
            Self::Disconnect => AuditAction::Disconnect,
            Self::Pause => AuditAction::Pause,
            Self::Resume => AuditAction::Resume,
            Self::Remove => AuditAction::Remove,
            Self::AutoReconnectOn => AuditAction::AutoReconnectOn,
            Self::AutoReconnectOff => AuditAction::AutoReconnectOff,
            Self::AddBack => AuditAction::AddBack,
        }
    }

    /// The way back, for connections that it has changed. What was let go on may be connected by then, so that to pause it
    /// would do nothing.
    #[must_use]
    pub fn undo(self) -> Self {
        match self {
            Self::Connect | Self::Resume => Self::Disconnect,
            Self::Disconnect => Self::Connect,
            Self::Pause => Self::Resume,
            Self::Remove => Self::AddBack,
            Self::AddBack => Self::Remove,
            Self::AutoReconnectOn => Self::AutoReconnectOff,
            Self::AutoReconnectOff => Self::AutoReconnectOn,
        }
    }

    /// Why it leaves a connection as it is; none if it changes it.
    pub fn leaves(self, phase: Phase, auto_reconnect: bool) -> Option<LeftAlone> {
        let is_down = matches!(phase, Phase::Waiting | Phase::Blocked);
        match self {
            Self::Connect if matches!(phase, Phase::Connected | Phase::Connecting) => Some(LeftAlone::IsConnected),
            Self::Disconnect if phase == Phase::Off => Some(LeftAlone::IsOff),
            Self::Pause if phase == Phase::Off => Some(LeftAlone::IsOff),
            Self::Pause if !is_down => Some(LeftAlone::IsConnected),
            Self::Resume if is_down => Some(LeftAlone::IsTried),
            Self::Resume if phase != Phase::Off => Some(LeftAlone::IsConnected),
            Self::AutoReconnectOn if auto_reconnect => Some(LeftAlone::IsSwitchedOn),
            Self::AutoReconnectOff if !auto_reconnect => Some(LeftAlone::IsSwitchedOff),
            Self::AddBack => Some(LeftAlone::IsThere),
            _ => None,
        }
    }
}

/// Why a connection is left as it is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum LeftAlone {
    /// It is connected, or an attempt is under way.
    IsConnected,
    /// It is off.
    IsOff,
    /// Attempts go on, or are scheduled.
    IsTried,
    /// Auto reconnect is on.
    IsSwitchedOn,
    /// Auto reconnect is off.
    IsSwitchedOff,
    /// It is there already.
    IsThere,
    /// There is no such connection, or no more.
    IsGone,
}

impl LeftAlone {
    /// The words for people, behind a number of connections or a name.
    pub fn label(self) -> &'static str {
        match self {
            Self::IsConnected => "connected or connecting",
            Self::IsOff => "off already",
            Self::IsTried => "tried already",
            Self::IsSwitchedOn => "auto reconnect is on already",
            Self::IsSwitchedOff => "auto reconnect is off already",
            Self::IsThere => "there already",
            Self::IsGone => "not there any more",
        }
    }
}

/// Which connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// These, as many as a request holds: 64 KiB, which is at least 480.
    Ids(Vec<EndpointId>),
    /// All that match a query, on all of its pages and in whatever order.
    Matching(ListQuery),
}

/// Which bulk operation it is. A random number of 53 bits, as JSON's numbers have no more in JavaScript; as text in
/// hexadecimal, as the audit log has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BulkId(u64);

impl BulkId {
    /// Of a random number.
    pub fn new(random: u64) -> Self {
        Self(random >> 11)
    }
}

impl fmt::Display for BulkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014x}", self.0)
    }
}

/// What a bulk operation would do. The connections are those at the time of the preview: whatever a query matches later,
/// no other is touched, and one that needs no change any more by then is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPreview {
    /// By this it is started.
    pub id: BulkId,
    /// What is done to each.
    pub action: BulkAction,
    /// How many connections are selected.
    pub total: u32,
    /// How many of them it would change.
    pub changes: u32,
    /// How many it would leave as they are, and why.
    pub left: Vec<(LeftAlone, u32)>,
    /// Whether what is lost cannot be had back: the events of what is removed.
    pub loses_events: bool,
}

/// What is asked of a bulk operation that was previewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BulkStep {
    /// To start it. Twice is as good as once.
    Start,
    /// How far it has come, with what came of connections from this one on that is known.
    Progress(u32),
    /// To bring those that it has changed back to where they were, by another operation, which that starts.
    Undo,
}

/// How far a bulk operation has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkProgress {
    /// Which.
    pub id: BulkId,
    /// What is done to each.
    pub action: BulkAction,
    /// How many connections it is for.
    pub total: u32,
    /// Of how many it was done.
    pub done: u32,
    /// Of how many it failed.
    pub failed: u32,
    /// How many needed no change any more.
    pub left: u32,
    /// Whether all have been dealt with.
    pub ended: bool,
    /// How many can be brought back to where they were, once it has ended; none if that has been done.
    pub undoable: u32,
    /// What came of connections, in the order in which it was known, from the one that was asked for; at most
    /// [`OUTCOMES`](Self::OUTCOMES).
    pub outcomes: Vec<BulkOutcome>,
}

impl BulkProgress {
    /// Outcomes that are told at once.
    pub const OUTCOMES: usize = 500;
}

/// What came of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    /// Which.
    pub endpoint: EndpointId,
    /// What came of it.
    pub result: BulkResult,
}

/// What came of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BulkResult {
    /// It was done.
    Done,
    /// It needed no change any more.
    Left(LeftAlone),
    /// It was not done, or did not work; why, in a sentence.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_change_is_left_alone() {
        use LeftAlone::{IsConnected, IsOff, IsSwitchedOff, IsSwitchedOn, IsTried};
        const PHASES: [Phase; 5] = [Phase::Connecting, Phase::Connected, Phase::Waiting, Phase::Blocked, Phase::Off];
        let (connected, tried) = (Some(IsConnected), Some(IsTried));
        let cases = [
            (BulkAction::Connect, [connected, connected, None, None, None]),
            (BulkAction::Disconnect, [None, None, None, None, Some(IsOff)]),
            (BulkAction::Pause, [connected, connected, None, None, Some(IsOff)]),
            (BulkAction::Resume, [connected, connected, tried, tried, None]),
            (BulkAction::Remove, [None; 5]),
            (BulkAction::AutoReconnectOn, [Some(IsSwitchedOn); 5]),
            (BulkAction::AutoReconnectOff, [None; 5]),
            (BulkAction::AddBack, [Some(LeftAlone::IsThere); 5]),
        ];
        for (action, expected) in cases {
            assert_eq!(PHASES.map(|phase| action.leaves(phase, true)), expected, "{action:?}");
        }
        assert_eq!(BulkAction::AutoReconnectOn.leaves(Phase::Off, false), None);
        assert_eq!(BulkAction::AutoReconnectOff.leaves(Phase::Connected, false), Some(IsSwitchedOff));
    }

    #[test]
    fn an_id_is_exact_in_javascript_and_its_text_always_as_long() {
        assert_eq!(serde_json::to_string(&BulkId::new(u64::MAX)).expect("JSON"), ((1_u64 << 53) - 1).to_string());
        assert_eq!([BulkId::new(0), BulkId::new(u64::MAX)].map(|id| id.to_string().len()), [14, 14]);
    }
}
