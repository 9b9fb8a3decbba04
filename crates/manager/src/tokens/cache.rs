//! Which token is used, and when another is asked for. Pure.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tokio::time::Instant;
use wsmon_model::{Secret, TokenFault};

use crate::{backoff::Backoff, policy::LONGEST_RETRY_AFTER};

/// A token is replaced when a tenth of its life is left, and this long before its end at the earliest.
const LONGEST_MARGIN: Duration = Duration::from_secs(30);

/// How long a token is kept that says nothing of its end. Until then the service refuses it when it has expired.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// No token is kept shorter, so that one that expires at once is not asked for without end.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(1);

/// No token is kept longer.
const LONGEST_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A token that is kept.
#[derive(Debug)]
pub(crate) struct Token {
    /// Tells it from those before it.
    pub(super) serial: u64,
    pub(crate) secret: Secret,
    /// When it expires, in Unix milliseconds; `None` if nobody says so.
    expires_ms: Option<i64>,
}

/// What a request brought.
pub(super) struct Received {
    pub(super) secret: Secret,
    /// When it was asked for.
    pub(super) asked: Instant,
    /// How long it is valid from then on, if that is known.
    pub(super) lifetime: Option<Duration>,
    /// When it expires, in Unix milliseconds.
    pub(super) expires_ms: Option<i64>,
}

/// What whoever needs a token is to do.
#[derive(Debug)]
pub(super) enum Want {
    /// Use this one.
    Use(Arc<Token>),
    /// Do without: the token service failed lately.
    Fail(Failed),
    /// Wait for the end of the request that is under way.
    Wait,
    /// Make a request, and wait for its end.
    Request,
}

/// A failed request, and until when there is no other.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) fault: Arc<TokenFault>,
    pub(super) not_before: Instant,
}

struct Kept {
    token: Arc<Token>,
    renew_at: Instant,
    expires_at: Instant,
    /// Whether the service has refused it.
    is_refused: bool,
}

/// Tokens that were asked for because the service refused the one before, and that it refused as well.
#[derive(Default)]
struct InVain {
    /// How many in a row.
    times: u32,
    /// The last of them.
    serial: u64,
    /// Until when a refusal is no reason to ask for another.
    not_before: Option<Instant>,
}

/// The tokens of one token service.
pub(super) struct Cache {
    backoff: Backoff,
    kept: Option<Kept>,
    under_way: bool,
    /// The last request, if it failed.
    failed: Option<Failed>,
    /// Failures in a row.
    failures: u32,
    in_vain: InVain,
    issued: u64,
}

impl Cache {
    pub(super) fn new(backoff: Backoff) -> Self {
        let in_vain = InVain::default();
        Self { backoff, kept: None, under_way: false, failed: None, failures: 0, in_vain, issued: 0 }
    }

    /// What to do for a token, which is to be another one than `instead_of`.
    pub(super) fn want(&mut self, now: Instant, instead_of: Option<u64>) -> Want {
        let fresh = self.kept.as_ref().filter(|kept| now < kept.renew_at && !kept.is_refused);
        if let Some(kept) = fresh.filter(|kept| Some(kept.token.serial) != instead_of) {
            return Want::Use(Arc::clone(&kept.token));
        }
        if self.under_way {
            return Want::Wait;
        }
        match self.failed.clone().filter(|failed| now < failed.not_before) {
            Some(failed) => self.last_resort(now, instead_of).map_or(Want::Fail(failed), Want::Use),
            None => {
                self.under_way = true;
                Want::Request
            }
        }
    }

    /// The token that is kept, as long as it has not expired, for want of a better one.
    pub(super) fn last_resort(&self, now: Instant, instead_of: Option<u64>) -> Option<Arc<Token>> {
        let kept = self.kept.as_ref().filter(|kept| now < kept.expires_at && Some(kept.token.serial) != instead_of);
        kept.map(|kept| Arc::clone(&kept.token))
    }

    /// The request that was under way has ended.
    pub(super) fn ended(
        &mut self,
        received: Result<Received, TokenFault>,
        now: Instant,
        rng: &mut impl Rng,
    ) -> Result<Arc<Token>, Failed> {
        self.under_way = false;
        match received {
            Ok(received) => Ok(self.keep(received)),
            Err(fault) => {
                self.failures = self.failures.saturating_add(1);
                let asked =
                    Duration::from_secs(fault.retry_after_s.unwrap_or_default().into()).min(LONGEST_RETRY_AFTER);
                let not_before = now + asked + self.backoff.delay(self.failures, rng);
                let failed = Failed { fault: Arc::new(fault), not_before };
                self.failed = Some(failed.clone());
                Err(failed)
            }
        }
    }

    fn keep(&mut self, Received { secret, asked, lifetime, expires_ms }: Received) -> Arc<Token> {
        self.issued += 1;
        let token = Arc::new(Token { serial: self.issued, secret, expires_ms });
        let lifetime = lifetime.unwrap_or(UNKNOWN_LIFETIME).clamp(SHORTEST_LIFETIME, LONGEST_LIFETIME);
        let expires_at = asked + lifetime;
        let renew_at = expires_at - (lifetime / 10).min(LONGEST_MARGIN);
        self.kept = Some(Kept { token: Arc::clone(&token), renew_at, expires_at, is_refused: false });
        (self.failed, self.failures) = (None, 0);
        token
    }

    /// The service has refused a token. Whether another one is to be tried: not while those have been refused as well.
    pub(super) fn refused(&mut self, serial: u64, now: Instant) -> bool {
        match self.kept.as_mut().filter(|kept| kept.token.serial == serial) {
            Some(_) if self.in_vain.not_before.is_some_and(|not_before| now < not_before) => false,
            Some(kept) => {
                kept.is_refused = true;
                true
            }
            // There is a newer one already.
            None => true,
        }
    }

    /// What the service made of a token that was asked for instead of another.
    pub(super) fn judged(&mut self, serial: u64, accepted: bool, now: Instant, rng: &mut impl Rng) {
        if accepted {
            self.in_vain = InVain::default();
        } else if self.in_vain.serial != serial {
            let times = self.in_vain.times.saturating_add(1);
            self.in_vain = InVain { times, serial, not_before: Some(now + self.backoff.delay(times, rng)) };
        }
    }

    /// When the token that is kept expires, in Unix milliseconds.
    pub(super) fn expires_ms(&self) -> Option<i64> {
        self.kept.as_ref()?.token.expires_ms
    }
}
