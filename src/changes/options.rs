//! What the form of a connection's options sends, and what it is shown with when it comes back.

use crate::error::AppError;
use wsmon_model::{ConnectionOptions, FieldProblem, OptionsVersion};

/// The button that saves a connection's options, by name.
pub const SAVE_OPTIONS: &str = "save-options";

/// The field that tells which options were shown: an [`OptionsVersion`].
pub const OPTIONS_VERSION: &str = "version";

/// The parameter of a connection's page that says what is shown unfolded.
pub const SHOW: &str = "show";

/// The form of a connection's options, as that parameter's value and as the id of its element.
pub const OPTIONS: &str = "options";

/// Options that were not saved. No `Debug`: there are secrets in it.
#[derive(Clone)]
pub struct UnsavedOptions {
    /// The fields of the form, as they were sent.
    pub fields: Vec<(String, String)>,
    /// Why they were not saved.
    pub error: AppError,
}

impl UnsavedOptions {
    /// What was typed into a field; empty for one that was not sent, such as a switch that is off.
    pub fn field(&self, name: &str) -> String {
        text(&self.fields, name).unwrap_or_default().to_owned()
    }
}

/// Reads the form's fields: the options, and which ones were shown, if it says so.
///
/// # Errors
///
/// The first [`FieldProblem`].
pub fn read_options(fields: &[(String, String)]) -> Result<(ConnectionOptions, Option<OptionsVersion>), FieldProblem> {
    let options = ConnectionOptions::from_fields(|name| text(fields, name).unwrap_or_default().to_owned())?;
    Ok((options, text(fields, OPTIONS_VERSION).map(OptionsVersion::new)))
}

fn text<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
}
