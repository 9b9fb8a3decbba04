//! The pages of the guide.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A page of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum GuidePage {
    /// What is monitored, and what to do about it.
    Overview,
    /// The protocols whose needs are known.
    Profiles,
}

impl GuidePage {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Monitoring & Observability",
            Self::Profiles => "Profiles",
        }
    }
}
