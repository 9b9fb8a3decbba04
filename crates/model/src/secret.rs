//! Values that are not shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SecretReference;

/// A value that is written and never read back: shown as [`Secret::MASK`], by `Debug` as well. Unless it only says where the
/// secret is kept: see [`Secret::reference`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What stands for a secret wherever one is shown; sent back, it means "as it was".
    pub const MASK: &str = "••••••";

    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What stands for a secret that is kept.
    pub fn masked() -> Self {
        Self::new(Self::MASK)
    }

    /// Whether this stands for the secret that is there already.
    pub fn is_mask(&self) -> bool {
        self.0 == Self::MASK
    }

    /// Whether the mask stands in it beside something else, so that it can mean neither.
    pub(super) fn is_part_mask(&self) -> bool {
        !self.is_mask() && self.0.contains(Self::MASK)
    }

    /// Where the secret is kept, if this is a reference to it. References can be shown.
    pub fn reference(&self) -> Option<SecretReference> {
        self.0.parse().ok()
    }

    /// The secret as it may be shown.
    #[must_use]
    pub fn to_shown(&self) -> Self {
        if self.reference().is_some() { self.clone() } else { Self::masked() }
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_shown_and_what_only_looks_like_one_is_not() {
        let shown = |text: &str| Secret::new(text).to_shown().expose().to_owned();
        assert_eq!(["file:token", "env:WSMON_SECRET_A"].map(shown), ["file:token", "env:WSMON_SECRET_A"]);
        assert_eq!(["env:t0ken", "file:", "x file:y", "t0ken"].map(shown), [Secret::MASK; 4]);
    }
}
