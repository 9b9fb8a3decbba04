//! Data messages, as application code sees them.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::broadcast;

use super::frame::{Event, Opcode};

/// Messages kept for a subscriber that falls behind.
const BACKLOG: usize = 64;

/// A data message (RFC 6455 section 5.6). Cloning shares the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Arc<str>),
    /// Bytes.
    Binary(Arc<[u8]>),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Binary(bytes.into())
    }

    /// The payload's size, in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has been received; `None` if it is no message, or was not kept.
    pub(super) fn of(received: Event<'_>) -> Option<Self> {
        match received {
            Event::Text(text) => Some(Self::text(&*text)),
            Event::Binary(bytes) => Some(Self::binary(&*bytes)),
            _ => None,
        }
    }

    /// How it is sent: as what, and its payload.
    pub(super) fn as_frame(&self) -> (Opcode, &[u8]) {
        match self {
            Self::Text(text) => (Opcode::Text, text.as_bytes()),
            Self::Binary(bytes) => (Opcode::Binary, bytes),
        }
    }
}

/// Why a subscription has no message to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecvError {
    /// The subscriber was too slow; this many messages were dropped, oldest first.
    #[error("{0} messages were dropped because they were not received in time")]
    Lagged(u64),
    /// The endpoint was removed.
    #[error("the endpoint was removed")]
    Removed,
}

/// The messages of one endpoint from now on, across reconnects.
///
/// A slow subscriber never holds up the connection: it loses the oldest messages and is told how
/// many. A message of which the beginning came before the subscription is not among them.
#[derive(Debug)]
pub struct Subscription {
    messages: broadcast::Receiver<Message>,
    dropped: Arc<AtomicU64>,
}

impl Subscription {
    /// The next message. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after messages were dropped, [`RecvError::Removed`] at the end.
    pub async fn recv(&mut self) -> Result<Message, RecvError> {
        self.messages.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(dropped) => {
                self.dropped.fetch_add(dropped, Relaxed);
                RecvError::Lagged(dropped)
            }
            broadcast::error::RecvError::Closed => RecvError::Removed,
        })
    }
}

/// Hands messages to whoever subscribed; costs nothing until somebody has.
#[derive(Debug, Default)]
pub(super) struct Publisher(OnceLock<FanOut>);

#[derive(Debug)]
struct FanOut {
    sender: broadcast::Sender<Message>,
    dropped: Arc<AtomicU64>,
}

impl Publisher {
    pub(super) fn subscribe(&self) -> Subscription {
        let new = || FanOut { sender: broadcast::Sender::new(BACKLOG), dropped: Arc::default() };
        let FanOut { sender, dropped } = self.0.get_or_init(new);
        Subscription { messages: sender.subscribe(), dropped: Arc::clone(dropped) }
    }

    /// Messages that slow subscribers have lost, as far as they have come to know of it.
    pub(super) fn dropped(&self) -> u64 {
        self.0.get().map_or(0, |fan_out| fan_out.dropped.load(Relaxed))
    }

    /// Whether anybody receives what is published.
    pub(super) fn is_subscribed(&self) -> bool {
        self.0.get().is_some_and(|fan_out| fan_out.sender.receiver_count() > 0)
    }

    pub(super) fn publish(&self, message: Message) {
        if let Some(FanOut { sender, .. }) = self.0.get() {
            // An error means that the last subscriber left this moment, which is fine.
            let _ = sender.send(message);
        }
    }
}
