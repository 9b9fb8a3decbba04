//! What is wrong with a field of a form.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with what stands in a field. Displays as a sentence for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field's name in the form.
    pub field: String,
    /// The sentence.
    pub text: String,
}

impl FieldProblem {
    /// A problem of the field of this name.
    pub fn new(field: &str, text: impl Into<String>) -> Self {
        Self { field: field.to_owned(), text: text.into() }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
