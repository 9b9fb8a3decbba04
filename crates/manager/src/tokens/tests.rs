//! Tokens under paused time, of a token service that does what a test tells it.

mod rules;

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use futures_util::future::join_all;
use tokio::time::{sleep, sleep_until};

use super::{jwt::tests::jwt, *};
use crate::clock::SystemClock;

/// What the token service does with one request.
enum Manner {
    Issue { after: Duration, lifetime: Option<Duration> },
    Fail { after: Duration, fault: TokenFault },
    Panic,
}

/// Issues `token-1`, `token-2` and so on; does what it is told, the last thing again and again.
struct Scripted {
    manners: Mutex<VecDeque<Manner>>,
    requests: AtomicUsize,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Scripted {
    fn new(manners: impl IntoIterator<Item = Manner>) -> Arc<Self> {
        let manners = Mutex::new(manners.into_iter().collect());
        let count = AtomicUsize::default;
        Arc::new(Self { manners, requests: count(), under_way: count(), most_at_once: count() })
    }

    fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    async fn answer(&self) -> Result<IssuedToken, TokenFault> {
        let number = self.requests.fetch_add(1, SeqCst) + 1;
        let manner = {
            let mut manners = self.manners.lock().expect("no panic within");
            let next = manners.pop_front().expect("there is one left");
            if manners.is_empty() {
                manners.push_back(next.again());
            }
            next
        };
        self.most_at_once.fetch_max(self.under_way.fetch_add(1, SeqCst) + 1, SeqCst);
        let answer = match manner {
            Manner::Issue { after, lifetime } => {
                sleep(after).await;
                Ok(IssuedToken { token: Secret::new(format!("token-{number}")), lifetime })
            }
            Manner::Fail { after, fault } => {
                sleep(after).await;
                Err(fault)
            }
            Manner::Panic => {
                self.under_way.fetch_sub(1, SeqCst);
                panic!("as it is told")
            }
        };
        self.under_way.fetch_sub(1, SeqCst);
        answer
    }
}

impl Manner {
    fn again(&self) -> Self {
        match self {
            Self::Issue { after, lifetime } => Self::Issue { after: *after, lifetime: *lifetime },
            Self::Fail { after, fault } => Self::Fail { after: *after, fault: fault.clone() },
            Self::Panic => Self::Panic,
        }
    }
}

impl TokenService for Scripted {
    fn host(&self) -> &'static str {
        "auth.example"
    }

    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, TokenFault>> {
        self.answer().boxed()
    }
}

const SECOND: Duration = Duration::from_secs(1);
const PATIENT: Duration = Duration::from_secs(10);

fn issue(lifetime: Duration) -> Manner {
    Manner::Issue { after: Duration::from_millis(20), lifetime: Some(lifetime) }
}

fn fail(problem: TokenProblem) -> Manner {
    Manner::Fail { after: Duration::from_millis(20), fault: TokenFault::of(problem) }
}

fn tokens(service: &Arc<Scripted>) -> Tokens {
    let service: Arc<dyn TokenService> = Arc::<Scripted>::clone(service);
    Tokens::new(service, Backoff::default(), 1, Arc::new(SystemClock))
}

fn text(token: &Token) -> &str {
    token.secret.expose()
}

fn fault(failure: &Failure) -> &TokenFault {
    let Failure::Token { fault, .. } = failure else { panic!("{failure}") };
    fault
}

#[tokio::test(start_paused = true)]
async fn whoever_needs_a_token_at_the_same_time_shares_one_request() {
    let service = Scripted::new([issue(60 * SECOND)]);
    let tokens = tokens(&service);
    let got = join_all((0..200).map(|_| tokens.get(PATIENT))).await;
    assert!(got.iter().all(|token| text(token.as_ref().expect("a token")) == "token-1"));
    sleep(53 * SECOND).await;
    assert_eq!(text(&tokens.get(PATIENT).await.expect("a token")), "token-1");
    assert_eq!(service.requests(), 1);
    sleep(SECOND).await;
    assert_eq!(text(&tokens.get(PATIENT).await.expect("a token")), "token-2", "a tenth of its life was left");
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_leaves_the_answer_to_the_others() {
    let service = Scripted::new([issue(60 * SECOND)]);
    let tokens = tokens(&service);
    let failure = tokens.get(Duration::from_millis(1)).await.expect_err("too soon");
    assert_eq!(failure.to_string(), "The token service auth.example did not answer within 0.001 s.");
    assert_eq!(text(&tokens.get(PATIENT).await.expect("a token")), "token-1");
    assert_eq!(service.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_not_the_end() {
    let service = Scripted::new([Manner::Panic, issue(60 * SECOND)]);
    let tokens = tokens(&service);
    let failure = tokens.get(PATIENT).await.expect_err("it panics");
    assert_eq!(failure.to_string(), "The token service auth.example gave no token.");
    sleep(SECOND).await;
    assert_eq!(text(&tokens.get(PATIENT).await.expect("a token")), "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_endpoints_that_try_again_are_no_storm() {
    let service = Scripted::new([fail(TokenProblem::Unreachable)]);
    let tokens = tokens(&service);
    let end = Instant::now() + 600 * SECOND;
    join_all((0..1_000_u32).map(async |n| {
        sleep(Duration::from_millis(n.into())).await;
        let mut tries = 0_u32;
        while Instant::now() < end {
            let Err(Failure::Token { wait, .. }) = tokens.get(PATIENT).await else { panic!("a token") };
            tries += 1;
            // As impatient as can be, and sometimes more than that.
            sleep_until(Instant::now() + if tries.is_multiple_of(3) { SECOND } else { wait + SECOND / 100 }).await;
        }
    }))
    .await;
    let requests = service.requests();
    assert!((10..60).contains(&requests), "{requests} requests in ten minutes");
    assert_eq!(service.most_at_once.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_token_service_says_when_it_may_be_asked_again() {
    let fault = TokenFault { retry_after_s: Some(90), ..TokenFault::of(TokenProblem::Unavailable) };
    let service = Scripted::new([Manner::Fail { after: SECOND, fault }, issue(60 * SECOND)]);
    let tokens = tokens(&service);
    let Err(Failure::Token { wait, .. }) = tokens.get(PATIENT).await else { panic!("a token") };
    assert!(wait >= 90 * SECOND, "{wait:?}");
    sleep(89 * SECOND).await;
    let failure = tokens.get(PATIENT).await.expect_err("too soon");
    assert_eq!((fault_status(&failure), service.requests()), (Some(90), 1));
    sleep(2 * SECOND).await;
    assert!(tokens.get(PATIENT).await.is_ok());
}

fn fault_status(failure: &Failure) -> Option<u32> {
    fault(failure).retry_after_s
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_to_its_end_while_there_is_no_other() {
    let service = Scripted::new([issue(100 * SECOND), fail(TokenProblem::HungUp)]);
    let tokens = tokens(&service);
    tokens.get(PATIENT).await.expect("a token");
    sleep(95 * SECOND).await;
    assert_eq!(text(&tokens.get(PATIENT).await.expect("the old one")), "token-1");
    assert_eq!(service.requests(), 2, "another one was asked for");
    sleep(5 * SECOND).await;
    let failure = tokens.get(PATIENT).await.expect_err("it has expired");
    assert_eq!(fault(&failure).problem, Some(TokenProblem::HungUp));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all() {
    let service = Scripted::new([issue(3_600 * SECOND)]);
    let tokens = tokens(&service);
    let first = tokens.get(PATIENT).await.expect("a token");
    let newer = join_all((0..200).map(|_| tokens.instead_of(&first, PATIENT))).await;
    assert!(newer.iter().all(|token| matches!(token, Ok(Some(token)) if text(token) == "token-2")));
    assert_eq!(service.requests(), 2);
    // Who comes late gets what is there.
    let newer = tokens.instead_of(&first, PATIENT).await.expect("no failure").expect("a token");
    assert_eq!((text(&newer), service.requests()), ("token-2", 2));
    tokens.judged(&newer, true);
    let newest = tokens.instead_of(&newer, PATIENT).await.expect("no failure").expect("a token");
    assert_eq!(text(&newest), "token-3", "it was of use, and is refused later");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_every_token_makes_no_storm() {
    let service = Scripted::new([issue(3_600 * SECOND)]);
    let tokens = tokens(&service);
    let end = Instant::now() + 600 * SECOND;
    join_all((0..100).map(async |_| {
        while Instant::now() < end {
            let token = tokens.get(PATIENT).await.expect("a token");
            if let Some(newer) = tokens.instead_of(&token, PATIENT).await.expect("no failure") {
                tokens.judged(&newer, false);
            }
            sleep(SECOND).await;
        }
    }))
    .await;
    let requests = service.requests();
    assert!(requests < 60, "{requests} requests in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_its_end_is_told() {
    let in_token = Scripted::new([issue(60 * SECOND)]);
    let tokens_of = tokens(&in_token);
    assert_eq!(tokens_of.expiry(), None);
    tokens_of.get(PATIENT).await.expect("a token");
    let expiry = tokens_of.expiry().expect("the answer says it");
    let left = expiry.at_ms - unix_ms(SystemTime::now());
    assert!((50_000..=60_000).contains(&left), "{left}");
    assert_eq!(expiry.renewal, TokenRenewal::Automatic);
}

#[test]
fn a_jwt_says_when_it_expires_where_the_answer_does_not() {
    let asked_at = SystemTime::UNIX_EPOCH + 1_000 * SECOND;
    let of = |token: String, lifetime| {
        received(IssuedToken { token: Secret::new(token), lifetime }, Instant::now(), asked_at)
    };
    let both = of(jwt(r#"{"exp":1030}"#), Some(20 * SECOND));
    assert_eq!((both.expires_ms, both.lifetime), (Some(1_030_000), Some(20 * SECOND)));
    let alone = of(jwt(r#"{"exp":1030}"#), None);
    assert_eq!((alone.expires_ms, alone.lifetime), (Some(1_030_000), Some(30 * SECOND)));
    let past = of(jwt(r#"{"exp":7}"#), None);
    assert_eq!((past.expires_ms, past.lifetime), (Some(7_000), Some(Duration::ZERO)));
    let opaque = of("opaque".to_owned(), None);
    assert_eq!((opaque.expires_ms, opaque.lifetime), (None, None));
}
