//! Distributions of durations, counted without a lock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// A histogram of durations with fixed buckets, as Prometheus has them. Cheap to clone: clones share the
/// counts.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Upper bounds, ascending. What is above the last is counted in one more bucket.
    bounds: Box<[Duration]>,
    buckets: Box<[AtomicU64]>,
    sum_ns: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSnapshot {
    /// The sum of all observations, in seconds.
    pub sum: f64,
    /// How many observations there are.
    pub count: u64,
    /// For each bucket its upper bound in seconds, infinite for the last, and how many observations are in
    /// it. Not cumulative.
    pub buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// A histogram with `count` buckets whose bounds double from `first`, and one above them.
    pub(crate) fn doubling(first: Duration, count: u32) -> Self {
        let bounds = (0..count).map(|doublings| first * 2_u32.pow(doublings)).collect();
        let buckets = (0..=count).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Counts { bounds, buckets, sum_ns: AtomicU64::new(0) }))
    }

    pub(crate) fn observe(&self, duration: Duration) {
        let bucket = self.0.bounds.partition_point(|bound| *bound < duration);
        self.0.buckets[bucket].fetch_add(1, Relaxed);
        self.0.sum_ns.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// What was observed so far.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let bounds = self.0.bounds.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(self.0.buckets.iter().map(|count| count.load(Relaxed))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_nanos(self.0.sum_ns.load(Relaxed)).as_secs_f64();
        HistogramSnapshot { sum, count, buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_up_to_its_bound() {
        let histogram = Histogram::doubling(Duration::from_millis(1), 2);
        for micros in [0, 1_000, 1_001, 2_000, 2_001, 9_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let HistogramSnapshot { sum, count, buckets } = histogram.snapshot();
        assert_eq!(buckets, [(0.001, 2), (0.002, 2), (f64::INFINITY, 2)]);
        assert_eq!(count, 6);
        assert!((sum - 9.006_002).abs() < 1e-9, "{sum}");
    }
}
