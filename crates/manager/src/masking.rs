//! Secrets in what a server sent: some repeat what they were sent, such as a token that they do not know.

use std::cmp::Reverse;

use wsmon_model::Secret;

/// Values that are shorter are found in any text, in bytes.
const SHORTEST: usize = 6;

/// The text without these secrets, as far as they are long enough to be told from other words.
pub fn mask<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    let mut secrets: Vec<_> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
    // One may be the beginning of another, of which the rest would be left.
    secrets.sort_unstable_by_key(|secret| Reverse(secret.len()));
    for secret in secrets {
        text = text.replace(secret, Secret::MASK);
        // The text may have been cut within it.
        let beginnings = secret.char_indices().map(|(end, _)| &secret[..end]).rev();
        let mut beginnings = beginnings.take_while(|beginning| beginning.len() >= SHORTEST);
        if let Some(cut) = beginnings.find(|beginning| text.ends_with(beginning)) {
            text.truncate(text.len() - cut.len());
            text.push_str(Secret::MASK);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_told() {
        let sent = ["k3y of some length", "t0ken-é-t0ken", "7", "5ecret5"];
        let masked = |text: &str| mask(text, sent.into_iter());
        assert_eq!(masked("no t0ken-é-t0ken, t0ken-é-t0ken"), "no ••••••, ••••••");
        assert_eq!(masked("k3y of some length for /feed?tenant=7&key=5ecret5"), "•••••• for /feed?tenant=7&key=••••••");
        assert_eq!(masked("unknown: t0ken-é-"), "unknown: ••••••");
        assert_eq!(masked("unknown: t0ken-"), "unknown: ••••••");
        assert_eq!(masked("no token of tenant 7"), "no token of tenant 7");
        assert_eq!(mask("5ecret5", [].into_iter()), "5ecret5");
    }

    #[test]
    fn of_a_secret_that_begins_as_another_nothing_is_left() {
        for sent in [["t0ken-1", "t0ken-1-and-more"], ["t0ken-1-and-more", "t0ken-1"]] {
            assert_eq!(mask("no t0ken-1-and-more, t0ken-1", sent.into_iter()), "no ••••••, ••••••");
        }
    }
}
