//! Tokens of a service's OAuth 2.0 token service: one request for all endpoints, and none while the last one failed.

mod cache;
mod expiry;
mod jwt;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt, future::BoxFuture};
use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use tracing::debug;
use wsmon_model::{PeerText, Secret, TokenExpiry, TokenFault, TokenProblem, TokenRenewal};

pub(super) use self::{
    cache::Token,
    expiry::{Expiries, expiry_of},
};
use self::{
    cache::{Cache, Failed, Received, Want},
    jwt::Claims,
};
use super::{
    backoff::Backoff,
    clock::{Clock, unix_ms},
    failure::Failure,
};

/// A token as its token service issued it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// What is sent as bearer token (RFC 6750).
    pub token: Secret,
    /// How long it is valid (`expires_in`), if the token service says so.
    pub lifetime: Option<Duration>,
}

/// What issues the tokens of one service. The manager asks it for one token at a time, keeps that until shortly before it
/// expires, and does not ask again at once after a failure.
pub trait TokenService: Send + Sync + 'static {
    /// The token service's host, as people know it.
    fn host(&self) -> &str;

    /// Asks for a token. Has to end by itself, within a deadline of its own.
    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, TokenFault>>;
}

/// What came of a request.
type Outcome = Result<Arc<Token>, Failed>;

/// The tokens of one service, which all its endpoints share.
pub(super) struct Tokens(Arc<Inner>);

struct Inner {
    service: Arc<dyn TokenService>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// What came of the last request.
    told: watch::Sender<Option<Outcome>>,
}

struct State {
    cache: Cache,
    rng: SmallRng,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the token service, and tells everybody who waits.
    async fn ask(self: Arc<Self>) {
        let (asked, asked_at) = (Instant::now(), self.clock.now());
        let issued = AssertUnwindSafe(async { self.service.issue().await }).catch_unwind().await;
        let issued = issued.unwrap_or_else(|_| Err(TokenFault::default()));
        let received = issued.map(|issued| received(issued, asked, asked_at)).map_err(|fault| {
            debug!(token_service = self.service.host(), ?fault, "no token");
            TokenFault { host: PeerText::new(self.service.host()), ..fault }
        });
        let outcome = {
            let State { cache, rng } = &mut *self.lock();
            cache.ended(received, Instant::now(), rng)
        };
        self.told.send_replace(Some(outcome));
    }
}

/// A token whose life began when it was asked for: where the token service says nothing of its length, the token itself may.
fn received(IssuedToken { token, lifetime }: IssuedToken, asked: Instant, asked_at: SystemTime) -> Received {
    let asked_ms = unix_ms(asked_at);
    let in_token = Claims::of(token.expose()).map(|claims| claims.expires_ms);
    let after = |lifetime: Duration| asked_ms.saturating_add(i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX));
    let expires_ms = in_token.or(lifetime.map(after));
    let left = |at_ms: i64| Duration::from_millis(u64::try_from(at_ms.saturating_sub(asked_ms)).unwrap_or_default());
    Received { secret: token, asked, lifetime: lifetime.or(in_token.map(left)), expires_ms }
}

impl Tokens {
    /// Nothing is asked for until a token is needed.
    pub(super) fn new(service: Arc<dyn TokenService>, backoff: Backoff, seed: u64, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State { cache: Cache::new(backoff), rng: SmallRng::seed_from_u64(seed) });
        Self(Arc::new(Inner { service, clock, state, told: watch::Sender::new(None) }))
    }

    /// A token that can be used now, waited for that long at most.
    ///
    /// # Errors
    ///
    /// [`Failure::Token`].
    pub(super) async fn get(&self, within: Duration) -> Result<Arc<Token>, Failure> {
        self.obtain(None, within).await
    }

    /// A newer token than one that the service has just refused; none if new ones have lately been refused as well.
    ///
    /// # Errors
    ///
    /// [`Failure::Token`].
    pub(super) async fn instead_of(&self, refused: &Token, within: Duration) -> Result<Option<Arc<Token>>, Failure> {
        if !self.0.lock().cache.refused(refused.serial, Instant::now()) {
            return Ok(None);
        }
        self.obtain(Some(refused.serial), within).await.map(Some)
    }

    /// What the service made of a token that was asked for instead of another.
    pub(super) fn judged(&self, token: &Token, accepted: bool) {
        let State { cache, rng } = &mut *self.0.lock();
        cache.judged(token.serial, accepted, Instant::now(), rng);
    }

    /// When the token expires that is in use.
    pub(super) fn expiry(&self) -> Option<TokenExpiry> {
        let at_ms = self.0.lock().cache.expires_ms()?;
        Some(TokenExpiry { at_ms, renewal: TokenRenewal::Automatic })
    }

    async fn obtain(&self, instead_of: Option<u64>, within: Duration) -> Result<Arc<Token>, Failure> {
        let mut told = {
            let mut state = self.0.lock();
            match state.cache.want(Instant::now(), instead_of) {
                Want::Use(token) => return Ok(token),
                Want::Fail(failed) => return Err(failed.into()),
                Want::Wait => {}
                // A task of its own: an attempt that is given up leaves the answer to the others.
                Want::Request => drop(tokio::spawn(Arc::clone(&self.0).ask())),
            }
            // Before the request can end, which takes the lock.
            self.0.told.subscribe()
        };
        let failed = match timeout(within, told.changed()).await {
            Ok(_) => match told.borrow_and_update().clone() {
                Some(Ok(token)) => return Ok(token),
                Some(Err(failed)) => failed,
                None => without_request(TokenFault::default()),
            },
            Err(_) => without_request(TokenFault {
                host: PeerText::new(self.0.service.host()),
                after_ms: u32::try_from(within.as_millis()).ok(),
                ..TokenFault::of(TokenProblem::Late)
            }),
        };
        // One that is about to expire is better than none.
        self.0.lock().cache.last_resort(Instant::now(), instead_of).ok_or_else(|| failed.into())
    }
}

/// A failure that keeps nobody from a request.
fn without_request(fault: TokenFault) -> Failed {
    Failed { fault: Arc::new(fault), not_before: Instant::now() }
}

impl From<Failed> for Failure {
    fn from(Failed { fault, not_before }: Failed) -> Self {
        Self::Token { fault, wait: not_before.saturating_duration_since(Instant::now()) }
    }
}

#[cfg(test)]
mod tests;
