//! What happens to connections, told to everybody who wants to know.
//!
//! The bus is bounded and never makes a connection's task wait: a consumer that does not keep up loses the oldest
//! events and is told how many. Each consumer has a cursor of its own, so that a slow one costs no other anything.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error};

use super::{event_record::EventRecord, keeper::EndpointTransition};

/// Events that a consumer may be behind: as many as ten thousand connections bring that drop at once.
const BACKLOG: usize = 16_384;

/// Where events are published. Cheap to clone.
#[derive(Clone)]
pub(super) struct EventBus(broadcast::Sender<Published>);

/// What is on the bus. Two words at most, as there is room for many.
#[derive(Clone)]
pub(super) enum Published {
    /// An event.
    Event {
        event: Arc<EventRecord>,
        /// Whether it was kept with the change that it tells of.
        kept: bool,
    },
    /// Connections are watched from now on, and this is as what each counts.
    Begun(Arc<[EndpointTransition]>),
    /// From when on a connection is counted otherwise, where no event tells that.
    Transition(Arc<EndpointTransition>),
}

/// A consumer's view of the bus, from when it was made.
pub struct EventSubscription {
    receiver: broadcast::Receiver<Published>,
}

/// Why a consumer gets no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It was too slow and missed this many, the oldest; the next call gives the one after them.
    #[error("{0} events were missed")]
    Missed(u64),
    /// The manager has ended.
    #[error("the connection manager has ended")]
    Closed,
}

impl EventBus {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// Tells of something that has yet to be kept.
    pub(super) fn publish(&self, event: EventRecord) {
        self.send(event, false);
    }

    /// Tells of something that has been kept already.
    pub(super) fn publish_kept(&self, event: EventRecord) {
        self.send(event, true);
    }

    /// Tells that connections are watched from now on, and as what each counts.
    pub(super) fn publish_begun(&self, begun: Arc<[EndpointTransition]>) {
        // An error says that nobody listens.
        let _ = self.0.send(Published::Begun(begun));
    }

    /// Tells from when on a connection is counted otherwise.
    pub(super) fn publish_transition(&self, transition: EndpointTransition) {
        // As above.
        let _ = self.0.send(Published::Transition(Arc::new(transition)));
    }

    fn send(&self, event: EventRecord, kept: bool) {
        // As above.
        let _ = self.0.send(Published::Event { event: Arc::new(event), kept });
    }

    pub(super) fn subscribe(&self) -> EventSubscription {
        EventSubscription { receiver: self.0.subscribe() }
    }
}

impl EventSubscription {
    /// The next event. Cancel safe.
    ///
    /// # Errors
    ///
    /// Any [`EventError`].
    pub async fn recv(&mut self) -> Result<Arc<EventRecord>, EventError> {
        loop {
            if let Published::Event { event, .. } = self.next().await? {
                return Ok(event);
            }
        }
    }

    pub(super) async fn next(&mut self) -> Result<Published, EventError> {
        self.receiver.recv().await.map_err(|error| match error {
            error::RecvError::Lagged(missed) => EventError::Missed(missed),
            error::RecvError::Closed => EventError::Closed,
        })
    }

    /// The next event if there is one already.
    pub(super) fn try_next(&mut self) -> Option<Result<Published, EventError>> {
        match self.receiver.try_recv() {
            Ok(published) => Some(Ok(published)),
            Err(error::TryRecvError::Lagged(missed)) => Some(Err(EventError::Missed(missed))),
            Err(error::TryRecvError::Empty | error::TryRecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::EventKind;

    fn event(at_ms: i64) -> EventRecord {
        EventRecord::new("feed".parse().expect("an id"), at_ms, EventKind::Connected)
    }

    #[tokio::test]
    async fn a_slow_consumer_loses_the_oldest_and_is_told_while_a_quick_one_loses_nothing() {
        let bus = EventBus::new();
        let (mut slow, mut quick) = (bus.subscribe(), bus.subscribe());
        let over = 3;
        for at_ms in 0..i64::try_from(BACKLOG).expect("a number") + over {
            bus.publish(event(at_ms));
            assert_eq!(quick.recv().await.expect("an event").at_ms, at_ms);
        }
        assert_eq!(slow.recv().await, Err(EventError::Missed(3)));
        assert_eq!(slow.recv().await.expect("an event").at_ms, over);
        drop(bus);
        assert_eq!(quick.recv().await, Err(EventError::Closed));
    }
}
