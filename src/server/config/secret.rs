//! Secrets, which are neither options nor keys of the file, so that neither shows them.

use std::{env, path::Path};

use secrecy::SecretString;

use super::{error::ConfigError, file};

/// A secret from a variable, or from the file that the variable with `_FILE` behind its name tells.
/// A line break at the file's end is not part of it.
pub(super) fn read(variable: &str) -> Result<Option<SecretString>, ConfigError> {
    if let Ok(value) = env::var(variable) {
        return Ok(Some(value.into()));
    }
    let Some(path) = env::var_os(format!("{variable}_FILE")) else { return Ok(None) };
    let text = file::read_text(Path::new(&path))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).into()))
}
