//! How attempts are admitted.

use std::num::NonZeroU32;

/// How attempts are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateConfig {
    /// Attempts a second, over all hosts.
    pub rate: NonZeroU32,
    /// Handshakes under way at once.
    pub in_flight: NonZeroU32,
}

impl GateConfig {
    const DEFAULT_RATE: NonZeroU32 = NonZeroU32::new(2_000).expect("not zero");
    const DEFAULT_IN_FLIGHT: NonZeroU32 = NonZeroU32::new(256).expect("not zero");
}

impl Default for GateConfig {
    fn default() -> Self {
        Self { rate: Self::DEFAULT_RATE, in_flight: Self::DEFAULT_IN_FLIGHT }
    }
}
