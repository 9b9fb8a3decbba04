//! Files that the configuration names.

use std::{fs, path::Path};

use figment::value::{Dict, Value};

use super::{error::ConfigError, layer::Layer, settings::Settings};

/// Reads a file of settings.
pub(super) fn read(path: &Path) -> Result<Layer, ConfigError> {
    let text = read_text(path)?;
    Layer::new(path.display().to_string(), keys(path, &text)?)
}

fn keys(path: &Path, text: &str) -> Result<Dict, ConfigError> {
    // Read as settings for the sake of the error, which knows its line; those have the defaults as well.
    let read = toml::from_str::<Settings>(text).and_then(|_| toml::from_str::<toml::Table>(text));
    let table = read.map_err(|mut error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        // Without the text of the file, which may hold secrets.
        error.set_input(None);
        let message = error.to_string().trim_end().replace('\n', "; ");
        ConfigError::File { path: path.to_owned(), message: format!("line {line}: {message}") }
    })?;
    Ok(Value::serialize(table)?.into_dict().unwrap_or_default())
}

/// Reads a file that is text.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}
