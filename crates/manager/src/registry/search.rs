//! Finding connections by a part of their id.

use std::{fmt::Write, iter, sync::Arc};

use memchr::memmem::Finder;

use super::Entry;

/// What ends an id's line; no id contains it.
const END: char = '\n';

/// The ids of all connections in lower case, one a line of one text: a search reads memory from end to end, where it would
/// else have to visit each connection. Takes some 30 bytes a connection.
pub(super) struct SearchText {
    text: String,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl<'a> FromIterator<&'a Arc<Entry>> for SearchText {
    fn from_iter<I: IntoIterator<Item = &'a Arc<Entry>>>(entries: I) -> Self {
        let mut text = String::new();
        let line = |entry: &Arc<Entry>| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{}{END}", entry.endpoint);
            text.len()
        };
        let ends = entries.into_iter().map(line).collect();
        text.make_ascii_lowercase();
        Self { text, ends }
    }
}

impl SearchText {
    /// The numbers of those with this part in their ids, whatever the case of its letters.
    pub(super) fn find(&self, part: &str) -> impl Iterator<Item = usize> {
        let part = part.to_ascii_lowercase();
        let finder = Finder::new(&part).into_owned();
        let mut line = if part.contains(END) { self.ends.len() } else { 0 };
        let mut from = 0;
        iter::from_fn(move || {
            self.ends.get(line)?;
            let at = from + finder.find(&self.text.as_bytes()[from..])?;
            line += self.ends[line..].iter().take_while(|&&end| end <= at).count();
            from = self.ends[line];
            line += 1;
            Some(line - 1)
        })
    }
}
