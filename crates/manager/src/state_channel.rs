//! A connection's state on its way from the task to everybody who looks: the latest alone counts.
//!
//! tokio's `watch` has eight lists of those who wait, as they may be many, which is 256 bytes for each connection. Few wait
//! for a connection, and mostly nobody.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::Notify;

use super::state::ConnectionState;

/// The two ends, with the first state, which the receiver has seen.
pub(super) fn state_channel(first: ConnectionState) -> (StateSender, StateReceiver) {
    let channel = Arc::new(StateChannel {
        state: RwLock::new(first),
        version: AtomicU64::new(1),
        has_ended: AtomicBool::new(false),
        changed: Notify::new(),
    });
    (StateSender(Arc::clone(&channel)), StateReceiver { channel, seen: 1 })
}

/// What the ends share.
#[derive(Debug)]
pub(super) struct StateChannel {
    state: RwLock<ConnectionState>,
    /// Grows with each change, while the state is locked.
    version: AtomicU64,
    has_ended: AtomicBool,
    changed: Notify,
}

/// Writes the state. There is one of a connection, which belongs to its task.
pub(super) struct StateSender(Arc<StateChannel>);

impl StateSender {
    /// Changes the state and tells whoever waits.
    pub(super) fn send_modify(&self, change: impl FnOnce(&mut ConnectionState)) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        self.0.version.fetch_add(1, Ordering::Release);
        drop(state);
        self.0.changed.notify_waiters();
    }
}

impl Drop for StateSender {
    fn drop(&mut self) {
        self.0.has_ended.store(true, Ordering::Release);
        self.0.changed.notify_waiters();
    }
}

/// Reads the state. Each has its own mind of what it has seen.
#[derive(Clone, Debug)]
pub(super) struct StateReceiver {
    channel: Arc<StateChannel>,
    seen: u64,
}

/// The task has ended, and there is no state after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended;

impl StateReceiver {
    /// The state now. Nobody can change it meanwhile.
    pub(super) fn borrow(&self) -> RwLockReadGuard<'_, ConnectionState> {
        self.channel.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state now, which then counts as seen.
    pub(super) fn borrow_and_update(&mut self) -> RwLockReadGuard<'_, ConnectionState> {
        let state = self.channel.state.read().unwrap_or_else(PoisonError::into_inner);
        self.seen = self.channel.version.load(Ordering::Acquire);
        state
    }

    /// Has seen nothing, so that [`changed`](Self::changed) returns at once.
    pub(super) fn mark_changed(&mut self) {
        self.seen = 0;
    }

    /// Waits for a state that it has not seen. Cancel safe.
    pub(super) async fn changed(&mut self) -> Result<(), Ended> {
        loop {
            // Made before anything is looked at, so that it is told of what comes afterwards.
            let changed = self.channel.changed.notified();
            // Before the version, which does not change afterwards: the last state is told ahead of the end.
            let has_ended = self.channel.has_ended.load(Ordering::Acquire);
            if self.channel.version.load(Ordering::Acquire) != self.seen {
                return Ok(());
            }
            if has_ended {
                return Err(Ended);
            }
            changed.await;
        }
    }

    /// Waits until a condition holds, and gives the first state that it sees in which it does. Cancel safe.
    pub(super) async fn wait_for(
        &mut self,
        mut condition: impl FnMut(&ConnectionState) -> bool,
    ) -> Result<ConnectionState, Ended> {
        loop {
            if let Some(state) = self.seen_if(&mut condition) {
                return Ok(state);
            }
            self.changed().await?;
        }
    }

    /// The state now, which then counts as seen, if a condition holds.
    fn seen_if(&mut self, condition: impl FnOnce(&ConnectionState) -> bool) -> Option<ConnectionState> {
        let state = self.borrow_and_update();
        condition(&state).then(|| state.clone())
    }

    /// Waits until the task has ended.
    pub(super) async fn ended(mut self) {
        // No state is good enough.
        let _ = self.wait_for(|_| false).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures_util::FutureExt;
    use tokio::task::yield_now;
    use wsmon_model::Phase;

    use super::*;

    fn channel() -> (StateSender, StateReceiver) {
        state_channel(ConnectionState {
            phase: Phase::Connecting,
            since: SystemTime::UNIX_EPOCH,
            on: true,
            auto_reconnect: true,
            attempt: 0,
            next_retry: None,
            failure: None,
            last_attempt: None,
            options: Arc::default(),
        })
    }

    fn attempt(sender: &StateSender, attempt: u32) {
        sender.send_modify(|state| state.attempt = attempt);
    }

    #[tokio::test]
    async fn each_receiver_is_told_of_what_it_has_not_seen() {
        let (sender, mut receiver) = channel();
        assert_eq!(receiver.changed().now_or_never(), None, "the first state is seen");
        attempt(&sender, 1);
        attempt(&sender, 2);
        let mut other = receiver.clone();
        assert_eq!(receiver.changed().await, Ok(()));
        assert_eq!(receiver.borrow_and_update().attempt, 2, "the latest alone counts");
        assert_eq!(receiver.changed().now_or_never(), None);
        assert_eq!(other.changed().await, Ok(()), "it has seen neither");
        receiver.mark_changed();
        assert_eq!(receiver.changed().await, Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_wakes_for_the_state_it_waits_for() {
        let (sender, receiver) = channel();
        let wait = |until| {
            let mut receiver = receiver.clone();
            tokio::spawn(async move { receiver.wait_for(|state| state.attempt >= until).await })
        };
        let (first, second) = (wait(1), wait(2));
        yield_now().await;
        attempt(&sender, 1);
        assert_eq!(first.await.expect("no panic").expect("a state").attempt, 1);
        assert!(!second.is_finished());
        attempt(&sender, 2);
        assert_eq!(second.await.expect("no panic").expect("a state").attempt, 2);
    }

    #[tokio::test]
    async fn the_last_state_is_told_before_the_end() {
        let (sender, mut receiver) = channel();
        let ended = tokio::spawn(receiver.clone().ended());
        yield_now().await;
        attempt(&sender, 1);
        drop(sender);
        assert_eq!(receiver.changed().await, Ok(()));
        assert_eq!(receiver.borrow_and_update().attempt, 1);
        assert_eq!(receiver.changed().await, Err(Ended));
        assert_eq!(receiver.wait_for(|state| state.attempt == 2).await, Err(Ended));
        ended.await.expect("no panic");
    }
}
