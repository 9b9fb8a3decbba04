//! Errors of the operating system.

use std::io;

use wsmon_model::PeerText;

/// An error of the operating system, or of its resolver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemError {
    /// Its number.
    pub errno: Option<i32>,
    /// Its words, as a clause.
    pub words: PeerText,
}

impl From<&io::Error> for SystemError {
    fn from(error: &io::Error) -> Self {
        let words = error.to_string();
        let words = match words.split_once(" (os error") {
            Some((words, _number)) => in_sentence(words),
            None => words,
        };
        Self { errno: error.raw_os_error(), words: PeerText::new(&words) }
    }
}

/// Words that begin a sentence, as they are within one.
fn in_sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}
