//! Watches a manager's connections for what must always hold, and writes down every step they take.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use wsmon_manager::{ConnectionHandle, ConnectionManager, ConnectionState, NextRetry};
use wsmon_model::{Cause, EndpointId, Phase};

use crate::{census::Census, setup::MINUTE};

/// How long a retry may be overdue: timers are coarse.
const LATEST: Duration = Duration::from_millis(100);

/// One change of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Duration,
    pub endpoint: EndpointId,
    pub phase: Phase,
    pub attempt: u32,
    pub cause: Option<Cause>,
}

type Trace = Arc<Mutex<Vec<Step>>>;

/// Watches the connections that it is given.
pub struct Observer {
    manager: ConnectionManager,
    census: Census,
    began: Instant,
    trace: Trace,
    watches: JoinSet<()>,
    connections: BTreeMap<EndpointId, Watched>,
}

struct Watched {
    handle: ConnectionHandle,
    messages: u64,
    bytes: u64,
}

impl Observer {
    pub fn new(manager: ConnectionManager, census: Census) -> Self {
        let (trace, watches, connections) = Default::default();
        Self { manager, census, began: Instant::now(), trace, watches, connections }
    }

    /// Connects an endpoint, and watches it if it is new.
    pub async fn connect(&mut self, endpoint: &EndpointId) {
        let handle = self.manager.connect(endpoint, None).await.expect("connects");
        if handle.is_new() {
            self.watches.spawn(watch(endpoint.clone(), handle.clone(), self.began, Arc::clone(&self.trace)));
            self.connections.insert(endpoint.clone(), Watched { handle, messages: 0, bytes: 0 });
        }
    }

    /// Removes an endpoint, which must leave nothing.
    pub async fn remove(&mut self, endpoint: &EndpointId) {
        self.manager.remove(endpoint).await.expect("it was there");
        self.connections.remove(endpoint);
        assert_eq!((self.manager.get(endpoint), self.census.live(endpoint)), (None, 0), "{endpoint}");
    }

    /// Checks what must hold at any time.
    pub fn check(&mut self) {
        while let Some(ended) = self.watches.try_join_next() {
            ended.expect("every state is lawful");
        }
        assert!(self.census.most() <= 1, "two sockets of one endpoint");
        for (endpoint, watched) in &mut self.connections {
            let now = self.manager.get(endpoint).expect("it was not removed");
            assert!(now.messages_received >= watched.messages && now.bytes_received >= watched.bytes, "{now:?}");
            (watched.messages, watched.bytes) = (now.messages_received, now.bytes_received);
            let state = watched.handle.state();
            if let Some(NextRetry::At(at)) = state.next_retry {
                assert!(Instant::now() <= at + LATEST, "overdue: {state:?}");
            }
        }
    }

    /// Waits until all are connected, and then until all have had time to hear from the server, which
    /// sends a message with every pong: what is half open looks connected, but hears nothing.
    pub async fn all_back(&mut self, deadline: Instant) {
        for (endpoint, Watched { handle, .. }) in &mut self.connections {
            let connected = handle.wait_for(|state| state.phase == Phase::Connected);
            let state = timeout_at(deadline, connected).await;
            assert!(state.is_ok(), "{endpoint} does not come back: {:?}", handle.state());
        }
        self.check();
        sleep(MINUTE).await;
        for (endpoint, watched) in &self.connections {
            let now = self.manager.get(endpoint).expect("it was not removed");
            assert!(now.messages_received > watched.messages, "{endpoint} hears nothing: {now:?}");
        }
    }

    /// Every step so far, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.trace.lock().expect("no panic while writing").clone()
    }
}

/// Follows a connection until it is removed.
async fn watch(endpoint: EndpointId, mut handle: ConnectionHandle, began: Instant, trace: Trace) {
    let mut seen = handle.state();
    loop {
        assert!(is_lawful(&seen), "{endpoint}: {seen:?}");
        let ConnectionState { phase, attempt, .. } = seen;
        let cause = seen.failure.as_ref().map(|failure| failure.cause());
        let step = Step { at: began.elapsed(), endpoint: endpoint.clone(), phase, attempt, cause };
        trace.lock().expect("no panic while writing").push(step);
        let next = handle.wait_for(|state| *state != seen).await;
        if next == seen {
            return;
        }
        seen = next;
    }
}

/// Whether something is under way or scheduled, unless an administrator wants nothing.
fn is_lawful(state: &ConnectionState) -> bool {
    let no_fault_of_ours = state.failure.as_ref().is_none_or(|failure| failure.cause() != Cause::InternalError);
    no_fault_of_ours
        && match state.phase {
            Phase::Connecting | Phase::Connected => state.on && state.next_retry.is_none(),
            Phase::Waiting | Phase::Blocked => state.on && state.next_retry.is_some(),
            Phase::Off => state.next_retry.is_none() && !(state.on && state.auto_reconnect),
        }
}
