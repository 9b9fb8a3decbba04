//! Why a connection is as it is, as far as all that is known tells.

use wsmon_model::{Advice, Layer};

/// How sure an explanation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was seen.
    Certain,
    /// Hardly anything else explains what was seen.
    Likely,
    /// It is one of several things that explain what was seen.
    Possible,
}

impl Certainty {
    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// What happened to a connection, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The rule that found it, as a word for machines; none if no rule knows more than what happened.
    pub rule: Option<&'static str>,
    /// Whose fault it is, which is not always where it was seen; none if nothing has failed yet.
    pub layer: Option<Layer>,
    /// What happened and why, in sentences.
    pub sentence: String,
    /// What to do, in sentences, where that is not said with what happened.
    pub advice: Option<String>,
    /// How sure it is.
    pub certainty: Certainty,
    /// The section of the guide that tells more, by the end of its link.
    pub guide: Option<&'static str>,
}

impl Explanation {
    /// What a page says beside the sentence.
    pub fn to_advice(&self) -> Advice {
        let certainty = Some(self.certainty).filter(|certainty| *certainty != Certainty::Certain);
        Advice {
            text: self.advice.clone().unwrap_or_default(),
            certainty: certainty.map(Certainty::label).unwrap_or_default().to_owned(),
            guide: self.guide.unwrap_or_default().to_owned(),
        }
    }
}
