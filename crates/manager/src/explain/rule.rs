//! What a rule is, and what it finds.

use wsmon_model::Layer;

use super::{explanation::Certainty, situation::Situation};

/// A rule.
pub(super) struct Rule {
    /// Its name for machines.
    pub(super) word: &'static str,
    /// The section of the guide that tells more, by the end of its link.
    pub(super) guide: &'static str,
    /// What it finds; none if it is not sure.
    pub(super) explains: fn(&Situation<'_>) -> Option<Finding>,
    /// Its sentence about so many connections, as the end of one that begins with their number.
    pub(super) of_many: &'static str,
}

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Whose fault it is, where that is not where it was seen.
    pub(super) layer: Option<Layer>,
    /// Why, in sentences that stand behind what happened.
    pub(super) why: String,
    /// What to do; none to leave it at what goes with what happened.
    pub(super) advice: Option<String>,
    pub(super) certainty: Certainty,
}
