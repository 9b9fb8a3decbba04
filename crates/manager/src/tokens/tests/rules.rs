//! What holds for every sequence of what can happen.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};

use super::{
    super::cache::{Cache, Failed, Received, Want},
    *,
};

#[derive(Clone, Debug)]
enum Happens {
    TimePasses(u64),
    Wanted { after_refusal: bool },
    Issued { lifetime_ms: Option<u64> },
    Failed { retry_after_s: Option<u32> },
    Judged { accepted: bool },
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        prop_oneof![0_u64..200, 0_u64..200_000].prop_map(Happens::TimePasses),
        any::<bool>().prop_map(|after_refusal| Happens::Wanted { after_refusal }),
        prop::option::of(prop_oneof![0_u64..10_000, any::<u64>()])
            .prop_map(|lifetime_ms| Happens::Issued { lifetime_ms }),
        prop::option::of(0_u32..10_000).prop_map(|retry_after_s| Happens::Failed { retry_after_s }),
        any::<bool>().prop_map(|accepted| Happens::Judged { accepted }),
    ]
}

/// The cache, and what a careful observer knows of it.
struct Observed {
    cache: Cache,
    rng: SmallRng,
    now: Instant,
    asked: Option<Instant>,
    last: Option<(Arc<Token>, Instant)>,
    failed: Option<Failed>,
}

impl Observed {
    fn want(&mut self, after_refusal: bool) {
        let last = self.last.as_ref().map(|(token, _)| token.serial).filter(|_| after_refusal);
        if last.is_some_and(|serial| !self.cache.refused(serial, self.now)) {
            return;
        }
        match self.cache.want(self.now, last) {
            Want::Use(token) => {
                let (known, expires_at) = self.last.as_ref().expect("one was issued");
                assert_eq!(token.serial, known.serial, "the newest");
                assert!(self.now < *expires_at, "it has not expired");
                assert_ne!(Some(token.serial), last, "not the refused one");
            }
            Want::Fail(failed) => {
                let known = self.failed.as_ref().expect("one failed");
                assert!(Arc::ptr_eq(&failed.fault, &known.fault) && self.now < failed.not_before);
            }
            Want::Wait => assert!(self.asked.is_some(), "there is something to wait for"),
            Want::Request => {
                assert!(self.asked.is_none(), "one at a time");
                let too_soon = self.failed.as_ref().is_some_and(|failed| self.now < failed.not_before);
                assert!(!too_soon, "not while the last one failed");
                self.asked = Some(self.now);
            }
        }
    }

    fn end(&mut self, received: Result<Option<u64>, Option<u32>>) {
        let Some(asked) = self.asked.take() else { return };
        let received = match received {
            Ok(lifetime_ms) => {
                let (secret, lifetime) = (Secret::new("t"), lifetime_ms.map(Duration::from_millis));
                Ok(Received { secret, asked, lifetime, expires_ms: None })
            }
            Err(retry_after_s) => Err(TokenFault { retry_after_s, ..TokenFault::default() }),
        };
        let lifetime = received.as_ref().ok().and_then(|received| received.lifetime);
        let lifetime = lifetime.unwrap_or(3_600 * SECOND).clamp(SECOND, 365 * 86_400 * SECOND);
        match self.cache.ended(received, self.now, &mut self.rng) {
            Ok(token) => (self.last, self.failed) = (Some((token, asked + lifetime)), None),
            Err(failed) => {
                assert!(failed.not_before <= self.now + 3_660 * SECOND, "it is asked again some day");
                self.failed = Some(failed);
            }
        }
    }

    fn goes_on(&mut self, happens: &Happens) {
        match happens {
            Happens::TimePasses(ms) => self.now += Duration::from_millis(*ms),
            Happens::Wanted { after_refusal } => self.want(*after_refusal),
            Happens::Issued { lifetime_ms } => self.end(Ok(*lifetime_ms)),
            Happens::Failed { retry_after_s } => self.end(Err(*retry_after_s)),
            Happens::Judged { accepted } => {
                if let Some((token, _)) = &self.last {
                    self.cache.judged(token.serial, *accepted, self.now, &mut self.rng);
                }
            }
        }
    }
}

proptest! {
    /// Whatever happens: one request at a time, none while the last one failed, no token that has expired or was refused.
    #[test]
    fn a_token_service_is_asked_with_care_and_tokens_used_while_they_last(
        all in prop::collection::vec(happens(), 0..200), seed in any::<u64>(),
    ) {
        let cache = Cache::new(Backoff::default());
        let rng = SmallRng::seed_from_u64(seed);
        let mut observed = Observed { cache, rng, now: Instant::now(), asked: None, last: None, failed: None };
        for happens in &all {
            observed.goes_on(happens);
        }
        // However long it was bad, a token is asked for when it is wanted and time has passed.
        observed.end(Err(None));
        observed.now += 366 * 86_400 * SECOND;
        prop_assert!(matches!(observed.cache.want(observed.now, None), Want::Request));
    }
}
