//! What is learned of a connection's silences: its task learns, and everybody may ask.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::freshness::{Freshness, FreshnessConfig, millis};

/// What is learned of a connection's silences. Boxed once it is open, as those that never are need none. Not only with the
/// first message: a box that is made while messages come lies between their buffers, and keeps what these leave from the
/// operating system.
#[derive(Debug)]
pub(super) struct Silences {
    learned: Mutex<Option<Box<Freshness>>>,
    /// How long a window lasts at least of which the longest silence is learned.
    window_ms: u32,
}

impl Silences {
    pub(super) fn new(config: &FreshnessConfig) -> Self {
        Self { learned: Mutex::default(), window_ms: millis(config.window) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Freshness>>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with what was kept, if this version can read it.
    pub(super) fn restore(&self, kept: &[u8]) {
        *self.lock() = Freshness::from_kept(kept).map(Box::new);
    }

    /// A session begins in which these messages count. What was learned of others is forgotten.
    pub(super) fn begin(&self, counted: u32, at: SystemTime) {
        let mut learned = self.lock();
        if learned.as_ref().is_none_or(|learned| !learned.is_of(counted)) {
            *learned = Some(Box::new(Freshness::new(hour(at), counted)));
        }
    }

    /// Learns that a message came at this time after a silence.
    pub(super) fn observe(&self, silence: Duration, at: SystemTime) {
        if let Some(learned) = &mut *self.lock() {
            learned.observe(silence, hour(at), self.window_ms);
        }
    }

    /// The longest silence that is usual now, once enough is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        self.lock().as_ref()?.usual()
    }

    /// What is to be kept, if that has changed since this was asked last.
    pub(super) fn take_changed(&self) -> Option<Vec<u8>> {
        let mut learned = self.lock();
        let learned = learned.as_mut()?;
        learned.take_changed().then(|| learned.to_kept())
    }

    /// What was to be kept could not be, and is tried again.
    pub(super) fn set_changed(&self) {
        if let Some(learned) = &mut *self.lock() {
            learned.set_changed();
        }
    }

    /// What is to be kept at the end, if anything was learned.
    pub(super) fn to_kept(&self) -> Option<Vec<u8>> {
        let learned = self.lock();
        learned.as_ref().filter(|learned| !learned.is_empty()).map(|learned| learned.to_kept())
    }
}

/// The hours since 1970.
fn hour(at: SystemTime) -> u32 {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(seconds / 3_600).unwrap_or(u32::MAX)
}
