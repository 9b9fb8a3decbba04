//! Whether one endpoint's name may be meant by another.

use wsmon_model::EndpointName;

/// How alike two names are that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// But for capitals and what separates words they are the same.
    SameLetters,
    /// One slip of the fingers lies between them.
    OneSlip,
}

/// Whether a name may be meant by another.
pub(crate) fn is_alike(asked: &EndpointName, other: &EndpointName) -> bool {
    // Most names are left out by their lengths.
    let lengths = [asked, other].map(|name| name.as_str().len());
    lengths[0].abs_diff(lengths[1]) <= 8 && likeness(asked, other).is_some()
}

/// How alike two names are; none if they are the same or simply others.
pub(super) fn likeness(asked: &EndpointName, other: &EndpointName) -> Option<Likeness> {
    if asked == other {
        return None;
    }
    let words = [asked, other].map(|name| name.as_str().to_ascii_lowercase());
    let [asked, other] = words.each_ref().map(|name| name.split(is_separator).filter(|word| !word.is_empty()));
    if asked.clone().flat_map(str::bytes).eq(other.clone().flat_map(str::bytes)) {
        return Some(Likeness::SameLetters);
    }
    if asked.clone().count() != other.clone().count() {
        return None;
    }
    let mut differing = asked.zip(other).filter(|(asked, other)| asked != other);
    let (asked, other) = differing.next()?;
    (differing.next().is_none() && is_one_slip(asked.as_bytes(), other.as_bytes())).then_some(Likeness::OneSlip)
}

fn is_separator(c: char) -> bool {
    !c.is_ascii_alphanumeric()
}

/// Whether a letter was left out, added, replaced, or two were swapped. Names of one kind differ by a digit, or in their
/// first or last letter (`usdt`, `usdc`), and are no slips; nor is anything between short words.
fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a_rest, b_rest) = (&a[before..], &b[before..]);
    let after = a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a_middle, b_middle) = (&a_rest[..a_rest.len() - after], &b_rest[..b_rest.len() - after]);
    if a_middle.iter().chain(b_middle).any(u8::is_ascii_digit) {
        return false;
    }
    let longer = a.len().max(b.len());
    match (a_middle, b_middle) {
        ([], [_]) | ([_], []) => longer >= 5,
        ([x, y], [z, w]) => longer >= 4 && (x, y) == (w, z),
        ([_], [_]) => longer >= 6 && before > 0 && after > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: &str, other: &str) -> Option<Likeness> {
        let [asked, other] = [asked, other].map(|name| name.parse().expect("a name"));
        let found = likeness(&asked, &other);
        assert_eq!(found, likeness(&other, &asked), "both ways");
        assert_eq!(is_alike(&asked, &other), found.is_some());
        found
    }

    #[test]
    fn names_that_differ_only_in_how_words_are_written() {
        for (asked, other) in
            [("datafeed", "data-feed"), ("Data_Feed", "data-feed"), ("eu.trades", "eu/trades"), ("FEED", "feed")]
        {
            assert_eq!(of(asked, other), Some(Likeness::SameLetters), "{asked} {other}");
        }
    }

    #[test]
    fn one_slip_is_found() {
        for (asked, other) in [
            ("trade", "trades"),
            ("data-feeed", "data-feed"),
            ("dtaa-feed", "data-feed"),
            ("notifications", "notificatoins"),
            ("market/quptes", "market/quotes"),
        ] {
            assert_eq!(of(asked, other), Some(Likeness::OneSlip), "{asked} {other}");
        }
    }

    #[test]
    fn names_of_one_kind_are_no_slips() {
        for (asked, other) in [
            ("data-feed", "data-feed"),
            ("feed-1", "feed-2"),
            ("feed-1", "feed-12"),
            ("feed-a", "feed-b"),
            ("feed", "feed-a"),
            ("btcusdt", "btcusdc"),
            ("btc-usd", "eth-usd"),
            ("eu/trades", "us/trades"),
            ("cat", "cart"),
            ("orders", "trades"),
            ("trade/quotes", "trades/quote"),
        ] {
            assert_eq!(of(asked, other), None, "{asked} {other}");
        }
    }
}
