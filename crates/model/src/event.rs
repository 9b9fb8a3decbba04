//! What happened to a connection, and when.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Cause, EndpointId, Layer};

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    /// The upgrade was done.
    Connected,
    /// An open connection ended.
    Disconnected,
    /// An attempt failed; another one is scheduled unless auto reconnect is off.
    AttemptFailed,
    /// It ended or failed such that trying again cannot help now.
    Blocked,
    /// A new session was opened before the old one was closed.
    Rotated,
    /// No new session could be opened to take the place of the one that is held on to.
    RotationFailed,
    /// The session was closed so that a new one can be opened, as the service refuses a second one.
    ClosedToRotate,
    /// An administrator connected it, or told it to try now.
    AskedToConnect,
    /// An administrator disconnected it.
    AskedToDisconnect,
    /// An administrator stopped its attempts for the time being.
    AskedToPause,
    /// An administrator let its attempts go on.
    AskedToResume,
    /// An administrator turned auto reconnect on.
    AutoReconnectOn,
    /// An administrator turned auto reconnect off.
    AutoReconnectOff,
    /// An administrator changed its options.
    OptionsChanged,
}

impl EventKind {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::Disconnected => "Lost",
            Self::AttemptFailed => "Attempt failed",
            Self::Blocked => "Blocked",
            Self::Rotated => "Rotated",
            Self::RotationFailed => "Not rotated",
            Self::ClosedToRotate => "Closed to rotate",
            Self::AskedToConnect => "Asked to connect",
            Self::AskedToDisconnect => "Asked to disconnect",
            Self::AskedToPause => "Paused",
            Self::AskedToResume => "Resumed",
            Self::AutoReconnectOn => "Auto reconnect on",
            Self::AutoReconnectOff => "Auto reconnect off",
            Self::OptionsChanged => "Options changed",
        }
    }
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The connection.
    pub endpoint: EndpointId,
    /// When, in Unix milliseconds by the server's clock.
    pub at_ms: i64,
    /// What.
    pub kind: EventKind,
    /// Where it failed, if it is a failure.
    pub layer: Option<Layer>,
    /// Why, if it is a failure.
    pub cause: Option<Cause>,
    /// The close code the peer sent.
    pub close_code: Option<u16>,
    /// Failures in a row, this one included; 0 if it is none.
    pub attempt: u32,
    /// The failure in sentences; empty if it is none.
    pub text: String,
}
