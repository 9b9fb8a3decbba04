//! How far an attempt has come, and since when.

use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};
use wsmon_model::{Attempt, Stage};

/// An attempt under way. Its deadline cuts it short, so what it has seen is kept outside of it.
#[derive(Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// `None` until its first stage begins.
    attempt: Option<Attempt>,
    /// When the present stage began; `None` once it has ended.
    began: Option<Instant>,
}

impl State {
    fn end_stage(&mut self) {
        if let (Some(attempt), Some(began)) = (&mut self.attempt, self.began.take()) {
            attempt.took(began.elapsed());
        }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next stage begins.
    pub(crate) fn reached(&self, stage: Stage) {
        let mut state = self.lock();
        state.end_stage();
        state.attempt.get_or_insert_default().stage = stage;
        state.began = Some(Instant::now());
        self.changed.notify_one();
    }

    /// Waits until another stage begins. Cancel safe.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How it goes; `None` if it has not begun.
    pub(crate) fn now(&self) -> Option<Attempt> {
        self.lock().attempt
    }

    /// Another try within the same attempt begins, and takes the place of what was seen of the last one.
    pub(crate) fn begin_anew(&self) {
        *self.lock() = State::default();
    }

    /// The server's answer has come, whatever is read of it afterwards.
    pub(crate) fn answered(&self) {
        self.lock().end_stage();
    }

    /// An address is tried, or is the one that counts.
    pub(crate) fn tries(&self, address: SocketAddr) {
        self.lock().attempt.get_or_insert_default().address = Some(address);
    }

    /// The last stage that has begun.
    pub(crate) fn stage(&self) -> Stage {
        self.lock().attempt.unwrap_or_default().stage
    }

    /// How it went, now that it is over; `None` if it did not begin.
    pub(crate) fn end(&self) -> Option<Attempt> {
        let mut state = self.lock();
        state.end_stage();
        state.attempt
    }
}
