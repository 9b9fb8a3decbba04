//! The one place that decides what follows a failure.

use std::{ops::RangeInclusive, time::Duration};

use rand::{Rng, RngExt};

use wsmon_model::Stage;

use super::{backoff::Backoff, failure::Failure};

/// How often a blocked connection is tried all the same.
pub const BLOCKED_RETRY: Duration = Duration::from_secs(5 * 60);

/// A connection that stayed up this long starts over: earlier failures are forgotten.
pub const STABLE_AFTER: Duration = Duration::from_secs(30);

/// The longest wait that a server can ask for (RFC 9110 section 10.2.3).
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

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
    /// Not to be tried again: the connection's options call this end final, or it has no service.
    Final,
}

/// What one connection's options say about its failures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// Close codes and HTTP statuses after which trying again cannot help.
    pub never_retry: &'a [u16],
    /// Those after which to try again although that usually cannot help.
    pub always_retry: &'a [u16],
    /// Whether a normal closure (1000) is final.
    pub stay_closed: bool,
}

impl Verdict {
    /// The time until the next attempt, after that many failures in a row; none if there is to be
    /// no other.
    pub fn delay(&self, failures: u32, backoff: &Backoff, rng: &mut impl Rng) -> Option<Duration> {
        match self {
            Self::Backoff => Some(backoff.delay(failures, rng)),
            Self::Within(range) => Some(rng.random_range(range.clone())),
            Self::NotBefore(least) => Some(*least + backoff.delay(failures, rng)),
            Self::Blocked => Some(BLOCKED_RETRY),
            Self::Final => None,
        }
    }

    /// How long the host asks not to be tried.
    pub(super) fn not_before(&self) -> Duration {
        match self {
            Self::NotBefore(least) => *least,
            _ => Duration::ZERO,
        }
    }
}

/// Decides what follows a failure.
///
/// The close codes' meanings are those of RFC 6455 section 7.4 and the IANA registry. For the
/// codes 3000 to 4999 the lower half of each thousand counts as passing and the upper half as
/// final, as services commonly number them.
pub fn judge(failure: &Failure, rules: Rules<'_>) -> Verdict {
    let code = failure.code();
    let is_in = |codes: &[u16]| code.is_some_and(|code| codes.contains(&code));
    if is_in(rules.never_retry) {
        return Verdict::Blocked;
    }
    match judge_by_kind(failure, rules) {
        Verdict::Blocked if is_in(rules.always_retry) => Verdict::Backoff,
        verdict => verdict,
    }
}

fn judge_by_kind(failure: &Failure, rules: Rules<'_>) -> Verdict {
    match failure {
        Failure::Closed { code: Some(1000), .. } if rules.stay_closed => Verdict::Final,
        // The next start reads the configuration anew.
        Failure::NotConfigured { .. } => Verdict::Final,
        Failure::Http(answer) => judge_http(answer.status, answer.retry_after_s.map(Duration::from_secs)),
        Failure::Token { fault, .. } if fault.is_refusal() => Verdict::Blocked,
        Failure::Token { wait, .. } => Verdict::NotBefore((*wait).min(LONGEST_RETRY_AFTER)),
        Failure::Closed { code, .. } => judge_close(*code),
        Failure::Opening { ended: Some(ended), .. } => judge(ended, rules),
        Failure::Proxy { why, .. } => judge_proxy(why),
        Failure::Tls { .. }
        | Failure::InvalidHandshake { .. }
        | Failure::Subprotocol(_)
        | Failure::TooBig { .. }
        | Failure::InvalidText
        | Failure::Protocol { .. }
        | Failure::Options { .. } => Verdict::Blocked,
        Failure::Dns { .. }
        | Failure::Refused { .. }
        | Failure::Unreachable { .. }
        | Failure::LocalResources { .. }
        // While files are replaced they do not fit each other for a moment, and to look at them again costs little.
        | Failure::Certificate { .. }
        | Failure::Timeout { .. }
        // Signed out for a moment, or a service that is starting: what it says may be another thing next time.
        | Failure::Opening { ended: None, .. }
        | Failure::HungUp { .. }
        | Failure::Lost { .. }
        | Failure::PongTimeout { .. }
        | Failure::HeartbeatTimeout { .. }
        // It passes, unlike a disagreement about the protocol, and an attempt costs little.
        | Failure::PingFlood { .. }
        | Failure::Silent { .. }
        | Failure::Internal => Verdict::Backoff,
    }
}

/// What follows a failure of the service's proxy. Its statuses are not the service's, so no rule of the options is about them.
fn judge_proxy(why: &Failure) -> Verdict {
    match why {
        // It wants a user and password, or lets no tunnels through (RFC 9110 sections 15.5.6, 15.5.8 and 15.6.2).
        Failure::Http(answer) if matches!(answer.status, 405 | 407 | 501) => Verdict::Blocked,
        other => judge(other, Rules::default()),
    }
}

/// Whether a service may have refused an attempt because it holds another connection of ours already. A status that says
/// that the request itself is wrong, that the service does not work, or when to come again, is no such refusal.
pub(super) fn refuses_second(failure: &Failure) -> bool {
    match failure {
        Failure::Http(answer) => {
            let is_of_request = [400, 401, 404, 407, 426].contains(&answer.status);
            (400..=499).contains(&answer.status) && !is_of_request && answer.retry_after_s.is_none()
        }
        Failure::HungUp { stage, .. } => *stage == Stage::Upgrade,
        Failure::Opening { ended, .. } => ended.is_some(),
        Failure::Closed { .. } | Failure::Lost { .. } => true,
        _ => false,
    }
}

fn judge_http(status: u16, retry_after: Option<Duration>) -> Verdict {
    match (status, retry_after) {
        (300..=399 | 400 | 401 | 403 | 404 | 426, _) => Verdict::Blocked,
        (429 | 503, Some(wait)) => Verdict::NotBefore(wait.min(LONGEST_RETRY_AFTER)),
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
mod tests;
