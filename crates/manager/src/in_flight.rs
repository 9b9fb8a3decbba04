//! The bound on what all connections together keep of messages that have not come whole. Pure.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// What one process keeps of incomplete messages, and the most that it may.
#[derive(Debug)]
pub(super) struct InFlight {
    most: usize,
    used: AtomicUsize,
}

/// No room is left: so many bytes may be in flight, and they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted {
    pub(super) most: usize,
}

impl InFlight {
    /// At most so many bytes.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, used: AtomicUsize::new(0) })
    }

    /// One message's share, which is nothing yet.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        Share { of: Arc::clone(self), bytes: 0 }
    }

    /// How many bytes are in flight.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }
}

/// What one message takes of the bound, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    of: Arc<InFlight>,
    bytes: usize,
}

impl Share {
    /// Takes what is missing to so many bytes; nothing if it does not fit.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let most = self.of.most;
        let missing = bytes.saturating_sub(self.bytes);
        let with = |used: usize| used.checked_add(missing).filter(|used| *used <= most);
        self.of.used.try_update(Relaxed, Relaxed, with).map_err(|_| Exhausted { most })?;
        self.bytes += missing;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever messages grow and end in whatever order, what is in flight is their sum, within the bound.
        #[test]
        fn what_is_in_flight_is_the_sum_of_the_shares(
            steps in prop::collection::vec((0_usize..4, prop::option::of(0_usize..2_000)), 0..200),
        ) {
            let in_flight = InFlight::new(3_000);
            let mut shares: [Share; 4] = std::array::from_fn(|_| in_flight.share());
            for (index, step) in steps {
                let before = in_flight.used();
                match step {
                    Some(bytes) => {
                        let missing = bytes.saturating_sub(shares[index].bytes);
                        let fits = before + missing <= 3_000;
                        prop_assert_eq!(shares[index].grow_to(bytes), fits.then_some(()).ok_or(Exhausted { most: 3_000 }));
                    }
                    None => shares[index] = in_flight.share(),
                }
                prop_assert_eq!(in_flight.used(), shares.iter().map(|share| share.bytes).sum::<usize>());
                prop_assert!(in_flight.used() <= 3_000);
            }
            drop(shares);
            prop_assert_eq!(in_flight.used(), 0);
        }
    }
}
