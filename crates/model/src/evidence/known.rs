//! Fields that a newer version may have written.

use serde::{Deserialize, Deserializer, de::IgnoredAny};

/// Reads a field; `None` if it holds what this version does not know.
pub(super) fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Field<T> {
        Known(T),
        Unknown(IgnoredAny),
    }
    Ok(match Field::deserialize(deserializer)? {
        Field::Known(value) => Some(value),
        Field::Unknown(_) => None,
    })
}
