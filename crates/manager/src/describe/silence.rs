//! How long a connection may be quiet. Pure.

use std::time::Duration;

use super::time::{lasting, seconds};

/// How long a connection may be quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LongestSilence {
    /// By its options.
    Configured(Duration),
    /// As learned from the feed.
    Usual(Duration),
}

/// How long a connection may be quiet, as the end of a sentence.
pub(crate) fn describe_silence(longest: LongestSilence) -> String {
    match longest {
        LongestSilence::Configured(longest) => {
            format!("at most {} by its options", seconds(u64::try_from(longest.as_millis()).unwrap_or(u64::MAX)))
        }
        LongestSilence::Usual(longest) if longest < Duration::from_secs(1) => "usually less than 1 s".to_owned(),
        LongestSilence::Usual(longest) => format!("usually at most {}", lasting(longest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_words() {
        let usual = |seconds| describe_silence(LongestSilence::Usual(Duration::from_secs_f64(seconds)));
        assert_eq!(usual(0.05), "usually less than 1 s");
        assert_eq!(usual(1.024), "usually at most 1 s");
        assert_eq!(usual(63_000.0), "usually at most 17 h 30 min");
        let configured = LongestSilence::Configured(Duration::from_millis(1_500));
        assert_eq!(describe_silence(configured), "at most 1.5 s by its options");
    }
}
