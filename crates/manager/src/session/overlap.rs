//! Two sessions of one connection at the same time, one of which takes the place of the other: messages of both are passed
//! on, and one that both bring only once.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    mem::take,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A message counts as the same for at least this long, and less than twice as long.
const SAME: Duration = Duration::from_secs(1);

/// Beyond this many messages within [`SAME`], it is shorter.
const MOST: usize = 16 * 1024;

/// What the two sessions have passed on lately.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    hasher: RandomState,
    passed: Mutex<[Lately; 2]>,
}

/// Which of the two sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The one that is to be closed.
    Old,
    /// The one that takes its place.
    New,
}

/// One of two sessions.
#[derive(Debug)]
pub(crate) struct Twin {
    overlap: Arc<Overlap>,
    side: Side,
    /// When nothing that the other session has brought can come any more.
    over_at: Option<Instant>,
}

impl Twin {
    pub(crate) fn new(overlap: &Arc<Overlap>, side: Side) -> Box<Self> {
        Box::new(Self { overlap: Arc::clone(overlap), side, over_at: None })
    }

    /// The other session is gone. What it has brought may still be on its way to this one.
    pub(super) fn outlive(&mut self, now: Instant) {
        self.over_at = Some(now + 2 * SAME);
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.over_at.is_some_and(|at| at <= now)
    }

    /// Takes a message that has come. Returns whether it is to be passed on: false if the other session has lately passed
    /// on one with the same bytes.
    pub(super) fn takes(&self, message: &[u8], now: Instant) -> bool {
        let hash = self.overlap.hasher.hash_one(message);
        let mut passed = self.overlap.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let [old, new] = &mut *passed;
        let (own, other) = if self.side == Side::Old { (old, new) } else { (new, old) };
        if other.take(hash, now) {
            return false;
        }
        own.note(hash, now);
        true
    }
}

/// The hashes of what one session has passed on, and the other has not brought yet, in two generations.
#[derive(Debug, Default)]
struct Lately {
    since: Option<Instant>,
    newer: HashMap<u64, u32>,
    older: HashMap<u64, u32>,
}

impl Lately {
    fn note(&mut self, hash: u64, now: Instant) {
        self.forget_old(now);
        *self.newer.entry(hash).or_default() += 1;
    }

    /// Whether the message was there, which is then taken out once.
    fn take(&mut self, hash: u64, now: Instant) -> bool {
        self.forget_old(now);
        [&mut self.older, &mut self.newer].into_iter().any(|passed| {
            let Some(times) = passed.get_mut(&hash) else { return false };
            *times -= 1;
            if *times == 0 {
                passed.remove(&hash);
            }
            true
        })
    }

    fn forget_old(&mut self, now: Instant) {
        let age = now.saturating_duration_since(*self.since.get_or_insert(now));
        if age < SAME && self.newer.len() < MOST {
            return;
        }
        self.older = take(&mut self.newer);
        if age >= 2 * SAME {
            self.older.clear();
        }
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twins() -> (Box<Twin>, Box<Twin>) {
        let overlap = Arc::default();
        (Twin::new(&overlap, Side::Old), Twin::new(&overlap, Side::New))
    }

    #[test]
    fn what_both_bring_is_passed_on_once_whoever_is_first() {
        let ((old, new), now) = (twins(), Instant::now());
        let passed: Vec<_> = [
            (&old, "1"),
            (&new, "1"),
            (&new, "2"),
            (&new, "3"),
            (&old, "2"),
            (&old, "4"),
            (&old, "3"),
            // Nobody's turn is out of place: the same again is another message.
            (&old, "4"),
            (&new, "4"),
            (&new, "4"),
            (&new, "4"),
        ]
        .into_iter()
        .filter_map(|(twin, message)| twin.takes(message.as_bytes(), now).then_some(message))
        .collect();
        assert_eq!(passed, ["1", "2", "3", "4", "4", "4"]);
    }

    #[test]
    fn what_the_other_one_brought_may_come_for_a_while_after_its_end() {
        let ((old, mut new), now) = (twins(), Instant::now());
        assert!(old.takes(b"tick", now));
        assert!(!new.is_over(now + 10 * SAME), "the other one is there");
        new.outlive(now);
        assert!(!new.is_over(now + SAME) && !new.takes(b"tick", now + SAME));
        assert!(new.is_over(now + 2 * SAME));
    }

    #[test]
    fn what_comes_again_later_is_another_message() {
        let ((old, new), now) = (twins(), Instant::now());
        assert!(old.takes(b"tick", now));
        assert!(!new.takes(b"tick", now + SAME), "it may be late by that much");
        assert!(old.takes(b"tick", now + SAME));
        assert!(new.takes(b"tick", now + 4 * SAME));
    }

    #[test]
    fn a_flood_takes_no_more_memory() {
        let ((old, _), now) = (twins(), Instant::now());
        for number in 0..5 * MOST {
            assert!(old.takes(&number.to_be_bytes(), now));
        }
        let passed = old.overlap.passed.lock().expect("no panic");
        assert!(passed[0].newer.len() + passed[0].older.len() <= 2 * MOST);
    }
}
