//! Until when the token is valid with which an endpoint signs in.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Who replaces a token before it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TokenRenewal {
    /// The monitor itself, or whatever writes the file that the token is read from.
    Automatic,
    /// A person, who has to be told in time.
    Manual,
}

impl TokenRenewal {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// When a token expires, and who replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenExpiry {
    /// When it expires, in Unix milliseconds.
    pub at_ms: i64,
    /// Who replaces it.
    pub renewal: TokenRenewal,
}
