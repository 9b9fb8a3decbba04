//! Text that comes in pieces.

use std::str::from_utf8;

use super::FrameError;

/// Follows a text to tell at once when it is not UTF-8, wherever its pieces are cut (RFC 6455 section 8.1).
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character that a piece ended in, and its length.
    cut: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Takes the next piece.
    pub(super) fn follow(&mut self, mut piece: &[u8]) -> Result<(), FrameError> {
        while self.length > 0 {
            let Some((next, rest)) = piece.split_first() else { return Ok(()) };
            piece = rest;
            self.cut[self.length] = *next;
            self.length += 1;
            match from_utf8(&self.cut[..self.length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(FrameError::InvalidText),
            }
        }
        let Err(error) = from_utf8(piece) else { return Ok(()) };
        if error.error_len().is_some() {
            return Err(FrameError::InvalidText);
        }
        let cut = &piece[error.valid_up_to()..];
        self.cut[..cut.len()].copy_from_slice(cut);
        self.length = cut.len();
        Ok(())
    }

    /// Whether the text may end here.
    pub(super) fn is_between_characters(&self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether bytes are text, taken in pieces of a size.
    fn is_text(bytes: &[u8], size: usize) -> bool {
        let mut utf8 = Utf8::default();
        bytes.chunks(size).all(|piece| utf8.follow(piece).is_ok()) && utf8.is_between_characters()
    }

    #[test]
    fn the_bounds_of_utf_8_hold_wherever_it_is_cut() {
        // RFC 3629 section 3: the first and last characters of each length, and what lies beyond.
        let texts: [&[u8]; 8] = [
            b"\x00\x7f",
            b"\xc2\x80\xdf\xbf",
            b"\xe0\xa0\x80\xef\xbf\xbf",
            b"\xed\x9f\xbf\xee\x80\x80",
            b"\xf0\x90\x80\x80",
            b"\xf4\x8f\xbf\xbf",
            "κόσμε".as_bytes(),
            b"",
        ];
        let others: [&[u8]; 12] = [
            b"\x80",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xe0\x9f\xbf",
            b"\xed\xa0\x80",
            b"\xed\xbf\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf5\x80\x80\x80",
            b"\xff",
            b"a\xe2\x82",
            b"\xe2\x82a",
        ];
        for size in 1..=5 {
            for text in texts {
                assert!(is_text(text, size), "{text:x?} in pieces of {size}");
            }
            for other in others {
                assert!(!is_text(other, size), "{other:x?} in pieces of {size}");
            }
        }
    }

    /// Section 8.1 would have a connection failed as soon as its text cannot become valid any more.
    #[test]
    fn what_cannot_become_text_is_told_at_once() {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.follow(b"\xf4"), Ok(()));
        assert_eq!(utf8.follow(b"\x90"), Err(FrameError::InvalidText));
    }

    proptest! {
        #[test]
        fn any_cut_gives_what_the_whole_gives(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..12),
                any::<String>().prop_map(String::into_bytes),
                (any::<String>(), any::<u8>()).prop_map(|(text, byte)| [text.as_bytes(), &[byte]].concat()),
            ],
            size in 1_usize..6,
        ) {
            prop_assert_eq!(is_text(&bytes, size), from_utf8(&bytes).is_ok());
        }
    }
}
