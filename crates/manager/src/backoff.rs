//! How long to wait before the next attempt.

use std::time::Duration;

use rand::{Rng, RngExt};

/// Exponential backoff with full jitter: `random(0, min(cap, base · 2ⁿ))`.
///
/// Full jitter spreads the attempts of many clients evenly and needs the fewest of them (Marc
/// Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

/// A base of zero, or a cap below the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a backoff needs a base above zero and a cap that is not below it")]
pub struct InvalidBackoff;

impl Backoff {
    /// A backoff that starts with at most `base` and never waits longer than `cap`.
    ///
    /// # Errors
    ///
    /// [`InvalidBackoff`] when `base` is zero or above `cap`.
    pub fn new(base: Duration, cap: Duration) -> Result<Self, InvalidBackoff> {
        if base.is_zero() || cap < base { Err(InvalidBackoff) } else { Ok(Self { base, cap }) }
    }

    /// The longest wait after that many failures in a row, from 1.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// A wait for that many failures in a row, from 1.
    pub fn delay(&self, failures: u32, rng: &mut impl Rng) -> Duration {
        rng.random_range(Duration::ZERO..=self.ceiling(failures))
    }
}

impl Default for Backoff {
    /// Half a second at first, a minute at most.
    fn default() -> Self {
        Self { base: Duration::from_millis(500), cap: Duration::from_secs(60) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let ceilings: Vec<f32> = (1..=9).map(|n| Backoff::default().ceiling(n).as_secs_f32()).collect();
        assert_eq!(ceilings, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        assert_eq!(Backoff::default().ceiling(u32::MAX), Duration::from_secs(60));
    }

    #[test]
    fn refuses_a_backoff_that_never_waits() {
        let second = Duration::from_secs(1);
        assert_eq!(Backoff::new(Duration::ZERO, second), Err(InvalidBackoff));
        assert_eq!(Backoff::new(second, Duration::ZERO), Err(InvalidBackoff));
        assert!(Backoff::new(second, second).is_ok());
    }

    proptest! {
        #[test]
        fn a_delay_lies_between_zero_and_the_ceiling(
            base in 1_u64..10_000, factor in 1_u64..1_000, failures in any::<u32>(), seed in any::<u64>(),
        ) {
            let base = Duration::from_millis(base);
            let backoff = Backoff::new(base, base * u32::try_from(factor).expect("small")).expect("valid");
            let delay = backoff.delay(failures, &mut SmallRng::seed_from_u64(seed));
            prop_assert!(delay <= backoff.ceiling(failures));
            prop_assert!(backoff.ceiling(failures) <= backoff.ceiling(failures.saturating_add(1)));
        }
    }

    #[test]
    fn jitter_is_full_not_partial() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mean: f64 =
            (0..10_000).map(|_| Backoff::default().delay(5, &mut rng).as_secs_f64()).sum::<f64>() / 10_000.0;
        assert!((mean - 4.0).abs() < 0.1, "half of the 8 s ceiling, not {mean}");
    }
}
