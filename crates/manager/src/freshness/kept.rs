//! What was learned of a feed as it is kept: a version, then numbers with their lowest byte first. Pure.

use super::{DAYS, Freshness, HOURS, Rounded, WINDOWS};

/// Of this form of it.
const VERSION: u8 = 1;

const LENGTH: usize = 1 + 3 * 4 + WINDOWS + HOURS * DAYS;

impl Freshness {
    /// What is worth keeping: all but the window that is being filled.
    pub(crate) fn to_kept(&self) -> Vec<u8> {
        let mut kept = vec![VERSION];
        for number in [self.counted, self.hour, self.hour_longest_ms] {
            kept.extend(number.to_le_bytes());
        }
        kept.extend(self.recent.iter().chain(self.hours.iter().flatten()).map(|rounded| rounded.0));
        kept
    }

    /// What was kept; none if that was by another version, or is damaged.
    pub(crate) fn from_kept(kept: &[u8]) -> Option<Self> {
        if kept.len() != LENGTH {
            return None;
        }
        let (&[version], kept) = kept.split_first_chunk()?;
        let (counted, kept) = kept.split_first_chunk()?;
        let (hour, kept) = kept.split_first_chunk()?;
        let (hour_longest_ms, kept) = kept.split_first_chunk()?;
        let (recent, hours) = kept.split_first_chunk::<WINDOWS>()?;
        let mut freshness = Self::new(u32::from_le_bytes(*hour), u32::from_le_bytes(*counted));
        freshness.hour_longest_ms = u32::from_le_bytes(*hour_longest_ms);
        freshness.recent = recent.map(Rounded);
        freshness.hours.iter_mut().flatten().zip(hours).for_each(|(rounded, kept)| *rounded = Rounded(*kept));
        (version == VERSION).then_some(freshness)
    }
}
