//! One connection as people and programs see it.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Advice, Cause, EndpointId, Event, Layer, TokenExpiry};

/// What the socket does, worst first. Its words are part of the page's contract.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// The socket is closed.
    Disconnected,
    /// An attempt is under way.
    Connecting,
    /// The upgrade is done and the socket open.
    Connected,
}

impl Status {
    /// The word for machines: URLs, attributes, JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Disconnected => "Disconnected",
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
        }
    }
}

/// The state of a connection: its [`Status`] and, when disconnected, what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// An attempt is under way.
    Connecting,
    /// The socket is open.
    Connected,
    /// The next attempt is scheduled.
    Waiting,
    /// Trying again cannot help now; a rare attempt is scheduled all the same.
    Blocked,
    /// An administrator disconnected it, or auto reconnect is off.
    Off,
}

impl Phase {
    /// What the socket does in this phase.
    pub fn status(self) -> Status {
        match self {
            Self::Connecting => Status::Connecting,
            Self::Connected => Status::Connected,
            Self::Waiting | Self::Blocked | Self::Off => Status::Disconnected,
        }
    }
}

/// What a connection waits for that is to be tried as soon as the gate in front of its host lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// Its turn: attempts are admitted at a set pace.
    Pacing,
    /// The next probe of the host, which fails: one endpoint tries it for all.
    Probe,
    /// The end of a probe that is under way.
    ProbeUnderWay,
}

/// A connection at one moment. Times are Unix milliseconds by the server's clock, never ages: so it changes only with what
/// happens, not while time goes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Connection {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The URL, without its query; empty if its service is not configured.
    pub url: String,
    /// What it does and what comes next.
    pub phase: Phase,
    /// Whether it is connected again after it was lost.
    pub auto_reconnect: bool,
    /// Since when it has been in this phase.
    pub since_ms: i64,
    /// Attempts since it was last stable; 0 when none was needed.
    pub attempt: u32,
    /// When the next attempt starts, or the host's next probe; none while a probe is under way.
    pub next_retry_ms: Option<i64>,
    /// What it waits for besides the time.
    pub waiting_for: Option<WaitingFor>,
    /// Where it failed when it went down.
    pub layer: Option<Layer>,
    /// Why it is, or last was, down.
    pub cause: Option<Cause>,
    /// The cause, and what can be done, in sentences.
    pub cause_text: Option<String>,
    /// The close code the peer sent.
    pub close_code: Option<u16>,
    /// The last ping's round trip, in milliseconds.
    pub rtt_ms: Option<u32>,
    /// Data messages received since the endpoint was added.
    pub messages_received: u64,
    /// Their payload, in bytes.
    pub bytes_received: u64,
    /// When the last of them came.
    pub last_message_ms: Option<i64>,
    /// Messages that were dropped because whoever subscribed to them was too slow, as far as the
    /// subscriber has come to know of it.
    pub messages_dropped: u64,
    /// How long it may be quiet; none while it is not connected, and without an option as long as it is not known what is
    /// usual.
    pub silence: Option<Silence>,
}

/// How long a connection may bring no message, and since when it has brought none for longer: it is stale, though its socket
/// is alive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Silence {
    /// Whether its options say so; else it was learned what is usual for the feed.
    pub is_configured: bool,
    /// How long, as the end of a sentence: `usually at most 20 s`, `at most 60 s by its options`.
    pub longest: String,
    /// When it last brought a message or was opened, if that is too long ago. What is usual is exceeded by far then.
    pub stale_since_ms: Option<i64>,
}

impl Connection {
    /// What the socket does.
    pub fn status(&self) -> Status {
        self.phase.status()
    }

    /// How long it may be quiet, and since when it has brought nothing; none unless it is stale.
    pub fn stale(&self) -> Option<(&Silence, i64)> {
        let silence = self.silence.as_ref()?;
        silence.stale_since_ms.map(|since_ms| (silence, since_ms))
    }
}

/// One connection in detail, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointDetails {
    /// The moment, in Unix milliseconds by the server's clock.
    pub now_ms: i64,
    /// The connection, with why it is as it is, as far as its past and the other connections tell; none only before the
    /// first answer.
    pub connection: Option<Connection>,
    /// What to do about it.
    pub advice: Advice,
    /// When the token expires with which it signs in, if that is known.
    pub token_expiry: Option<TokenExpiry>,
    /// Which certificates its service uses and when they end, in sentences.
    pub certificates: Vec<String>,
    /// What happened to it, newest first.
    pub events: Vec<Event>,
}
