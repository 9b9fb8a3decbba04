//! Durations in one byte. Pure.

use std::time::Duration;

/// Mantissas have this many bits below their leading one.
const BITS: u32 = 3;

/// A duration of at most 49 days, rounded up by at most an eighth: a floating-point number with three bits of mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rounded(pub(super) u8);

impl Rounded {
    /// There is none.
    pub(super) const NONE: Self = Self(0);

    /// Rounds milliseconds up.
    pub(super) fn up(ms: u32) -> Self {
        let exponent = ms.max(1).ilog2().saturating_sub(BITS);
        // At most twice the leading bit, which is the next exponent's smallest mantissa.
        let mantissa = u64::from(ms).div_ceil(1 << exponent);
        Self(u8::try_from((u64::from(exponent) << BITS) + mantissa).unwrap_or(u8::MAX))
    }

    pub(super) fn duration(self) -> Duration {
        let code = u64::from(self.0);
        let exponent = (code >> BITS).saturating_sub(1);
        Duration::from_millis((code - (exponent << BITS)) << exponent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_ones_are_exact_and_none_is_none() {
        assert_eq!(Rounded::up(0), Rounded::NONE);
        for ms in 0..16 {
            assert_eq!(Rounded::up(ms).duration(), Duration::from_millis(ms.into()));
        }
        assert!(Rounded::up(u32::MAX) < Rounded(u8::MAX));
    }

    proptest! {
        #[test]
        fn rounded_up_by_at_most_an_eighth(ms in 0..=u32::MAX) {
            let rounded = Rounded::up(ms).duration().as_millis();
            prop_assert!((u128::from(ms)..=u128::from(ms) + u128::from(ms / 8)).contains(&rounded), "{}", rounded);
        }

        #[test]
        fn the_longer_is_never_the_shorter(one in 0..=u32::MAX, other in 0..=u32::MAX) {
            let (shorter, longer) = (one.min(other), one.max(other));
            prop_assert!(Rounded::up(shorter) <= Rounded::up(longer));
            prop_assert!(Rounded::up(shorter).duration() <= Rounded::up(longer).duration());
        }
    }
}
