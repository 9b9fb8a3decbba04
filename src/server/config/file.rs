//! Files that the configuration names.

use std::{fs, path::Path};

use toml::Table;

use super::{error::ConfigError, settings::Settings};

/// Reads a file of settings; those that it does not have stay out of the table.
pub(super) fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = read_text(path)?;
    // Read as settings for the sake of the error, which knows its line.
    let read = toml::from_str::<Settings>(&text).and_then(|_| toml::from_str(&text));
    read.map_err(|mut error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        // Without the text of the file, which may hold secrets.
        error.set_input(None);
        let message = error.to_string().trim_end().replace('\n', "; ");
        ConfigError::File { path: path.to_owned(), message: format!("line {line}: {message}") }
    })
}

/// Reads a file that is text.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}
