//! Why a connection is as it is, as far as all that is known tells.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::Layer;

/// How sure an explanation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Certainty {
    /// It was seen.
    Certain,
    /// Hardly anything else explains what was seen.
    Likely,
    /// It is one of several things that explain what was seen.
    Possible,
}

impl Certainty {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Certain => "Certain",
            Self::Likely => "Likely",
            Self::Possible => "Possible",
        }
    }
}

/// What happened to a connection, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule that found it, as a word for machines; none if no rule knows more than what happened.
    pub rule: Option<String>,
    /// Whose fault it is, which is not always where it was seen; none if nothing has failed yet.
    pub layer: Option<Layer>,
    /// What happened and why, in sentences.
    pub sentence: String,
    /// What to do, in sentences, where that is not said with what happened.
    pub advice: Option<String>,
    /// How sure it is.
    pub certainty: Certainty,
    /// The section of the guide that tells more, by the end of its link.
    pub guide: Option<String>,
}
