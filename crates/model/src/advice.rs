//! What to do about a connection.

use serde::{Deserialize, Serialize};

/// What to do about a connection, beside the sentence that says why it is as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What to do, in sentences; empty if there is nothing to do.
    pub text: String,
    /// How sure it is, in a word for people; empty if it was seen.
    pub certainty: String,
    /// The section of the guide that tells more, by the end of its link; empty if there is none.
    pub guide: String,
}
