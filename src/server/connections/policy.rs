//! The one place that decides what follows a failure.

use std::{ops::RangeInclusive, time::Duration};

use rand::{Rng, RngExt};

use super::{backoff::Backoff, failure::Failure};

/// How often a blocked connection is tried all the same.
pub const BLOCKED_RETRY: Duration = Duration::from_secs(5 * 60);

/// A connection that stayed up this long starts over: earlier failures are forgotten.
pub const STABLE_AFTER: Duration = Duration::from_secs(30);

/// What follows a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after the backoff.
    Backoff,
    /// Try again after a random time in this range.
    Within(RangeInclusive<Duration>),
    /// Try again after the backoff, but not before this time.
    NotBefore(Duration),
    /// Trying again cannot help until something is changed on one of the two sides.
    Blocked,
}

impl Verdict {
    /// The time until the next attempt, after that many failures in a row.
    pub fn delay(&self, failures: u32, backoff: &Backoff, rng: &mut impl Rng) -> Duration {
        match self {
            Self::Backoff => backoff.delay(failures, rng),
            Self::Within(range) => rng.random_range(range.clone()),
            Self::NotBefore(least) => *least + backoff.delay(failures, rng),
            Self::Blocked => BLOCKED_RETRY,
        }
    }
}

/// Decides what follows a failure.
///
/// The close codes' meanings are those of RFC 6455 section 7.4 and the IANA registry. For the
/// codes 3000 to 4999 the lower half of each thousand counts as passing and the upper half as
/// final, as services commonly number them.
pub fn judge(failure: &Failure) -> Verdict {
    match failure {
        Failure::Http { status } => judge_http(*status),
        Failure::Closed { code, .. } => judge_close(*code),
        Failure::Tls { .. } | Failure::InvalidHandshake { .. } | Failure::Protocol { .. } => Verdict::Blocked,
        Failure::Dns { .. }
        | Failure::Refused { .. }
        | Failure::Unreachable { .. }
        | Failure::Timeout { .. }
        | Failure::Lost
        | Failure::PongTimeout { .. }
        | Failure::Internal => Verdict::Backoff,
    }
}

fn judge_http(status: u16) -> Verdict {
    match status {
        300..=399 | 400 | 401 | 403 | 404 | 426 => Verdict::Blocked,
        _ => Verdict::Backoff,
    }
}

fn judge_close(code: Option<u16>) -> Verdict {
    match code {
        Some(1002 | 1003 | 1007..=1010 | 3500..=3999 | 4500..=4999) => Verdict::Blocked,
        // RFC 6455's registry asks for a random 5 to 30 seconds.
        Some(1012) => Verdict::Within(Duration::from_secs(5)..=Duration::from_secs(30)),
        Some(1013) => Verdict::NotBefore(Duration::from_secs(10)),
        _ => Verdict::Backoff,
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::model::PeerText;

    fn close(code: u16) -> Verdict {
        judge(&Failure::Closed { code: Some(code), reason: PeerText::default() })
    }

    #[test]
    fn close_codes_follow_the_table() {
        for code in [1000, 1001, 1011, 1014, 3000, 3499, 4000, 4499] {
            assert_eq!(close(code), Verdict::Backoff, "{code}");
        }
        for code in [1002, 1003, 1007, 1008, 1009, 1010, 3500, 3999, 4500, 4999] {
            assert_eq!(close(code), Verdict::Blocked, "{code}");
        }
        assert_eq!(close(1012), Verdict::Within(Duration::from_secs(5)..=Duration::from_secs(30)));
        assert_eq!(close(1013), Verdict::NotBefore(Duration::from_secs(10)));
        assert_eq!(judge(&Failure::Closed { code: None, reason: PeerText::default() }), Verdict::Backoff);
    }

    #[test]
    fn http_statuses_follow_the_table() {
        for status in [301, 308, 400, 401, 403, 404, 426] {
            assert_eq!(judge(&Failure::Http { status }), Verdict::Blocked, "{status}");
        }
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(judge(&Failure::Http { status }), Verdict::Backoff, "{status}");
        }
    }

    #[test]
    fn delays_keep_to_their_bounds() {
        let mut rng = SmallRng::seed_from_u64(7);
        let backoff = Backoff::default();
        for failures in 1..200 {
            let restart = close(1012).delay(failures, &backoff, &mut rng).as_secs_f32();
            assert!((5.0..=30.0).contains(&restart), "{restart}");
            assert!(close(1013).delay(failures, &backoff, &mut rng) >= Duration::from_secs(10));
            assert_eq!(Verdict::Blocked.delay(failures, &backoff, &mut rng), BLOCKED_RETRY);
        }
    }
}
