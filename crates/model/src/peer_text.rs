//! Text that a peer wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text from a stranger (a close reason, a status line, an error body), made safe to show, log
/// and store: no control, bidirectional or invisible formatting characters, at most
/// [`PeerText::MAX_CHARS`] characters. A stripped character leaves U+FFFD, so that nothing that
/// was hidden disappears unnoticed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct PeerText(String);

impl PeerText {
    /// The most characters kept; a longer text ends in `…`.
    pub const MAX_CHARS: usize = 200;

    /// Cleans a text.
    pub fn new(text: &str) -> Self {
        let mut chars = text.trim().chars();
        let mut clean: String = chars.by_ref().take(Self::MAX_CHARS).map(replace_unsafe).collect();
        if chars.next().is_some() {
            clean.push('…');
        }
        Self(clean)
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Replaces what could forge a log line, reorder text or hide in it: Unicode's control characters
/// (Cc), line and paragraph separators, the bidirectional controls of UAX 9, zero-width and
/// byte-order marks, variation selectors and tags.
fn replace_unsafe(c: char) -> char {
    match c {
        '\u{00ad}'
        | '\u{061c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

impl From<String> for PeerText {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<PeerText> for String {
    fn from(text: PeerText) -> Self {
        text.0
    }
}

impl fmt::Display for PeerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_nothing_that_forges_or_hides() {
        let text = PeerText::new("ok\r\n2026 ERROR forged\u{202e}gnp\u{200b}\u{1b}[31m");
        assert_eq!(text.as_str(), "ok\u{fffd}\u{fffd}2026 ERROR forged\u{fffd}gnp\u{fffd}\u{fffd}[31m");
    }

    #[test]
    fn keeps_ordinary_text_of_any_language() {
        assert_eq!(PeerText::new("  Wartung – 保守 ✅ ").as_str(), "Wartung – 保守 ✅");
    }

    #[test]
    fn caps_the_length_in_characters() {
        let text = PeerText::new(&"é".repeat(1_000));
        assert_eq!(text.as_str().chars().count(), PeerText::MAX_CHARS + 1);
        assert!(text.as_str().ends_with('…'));
        let exact = "x".repeat(PeerText::MAX_CHARS);
        assert_eq!(PeerText::new(&exact).as_str(), exact);
    }
}
