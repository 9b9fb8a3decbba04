//! How long things take. A program of its own, because cargo runs those one after the other: nothing
//! else of ours keeps the processor busy meanwhile.

use std::{path::Path, time::Instant};

use websocket_monitor::auth::{self, Authenticator, LoginError, Visitor as Caller};
use wsmon_model::PeerText;
use wsmon_store::Store;

const PASSWORD: &str = "correct horse battery staple";

/// Tries a wrong password, and tells how long that took.
async fn wrong_login_takes(authenticator: &Authenticator, name: &str, n: usize) -> f64 {
    let octets = u16::try_from(n).expect("small").to_be_bytes();
    let caller = Caller { address: [10, 0, octets[0], octets[1]].into(), agent: PeerText::default() };
    let began = Instant::now();
    let refused = authenticator.log_in(name, "wrong".into(), &caller, None).await;
    assert!(matches!(refused, Err(LoginError::Credentials)));
    began.elapsed().as_secs_f64()
}

async fn authenticator(directory: &Path) -> (Store, Authenticator) {
    let store = Store::open(directory).await.expect("opens");
    let authenticator = Authenticator::new(store.clone(), Some(PASSWORD.into())).await.expect("an authenticator");
    (store, authenticator)
}

/// What a known name takes over what an unknown one takes.
struct Ratio {
    /// Of the quickest tries: what else the machine does can only make a try slower.
    quickest: f64,
    /// Of the medians.
    median: f64,
}

async fn ratio(authenticator: &Authenticator, start: usize, tries: usize) -> Ratio {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in start..start + tries {
        known.push(wrong_login_takes(authenticator, &format!("known-{}", n / 4), 2 * n).await);
        unknown.push(wrong_login_takes(authenticator, &format!("unknown-{}", n / 4), 2 * n + 1).await);
    }
    known.sort_by(f64::total_cmp);
    unknown.sort_by(f64::total_cmp);
    Ratio { quickest: known[0] / unknown[0], median: known[tries / 2] / unknown[tries / 2] }
}

/// Without the dummy check an unknown name is a hundred times as quick; how close the two are can
/// only be measured on a machine that does nothing else, which `make soak` asks for.
#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_known_one() {
    let soak = std::env::var_os("WSMON_SOAK").is_some();
    let tries: usize = if soak { 200 } else { 40 };
    let directory = tempfile::tempdir().expect("a directory");
    let (store, authenticator) = authenticator(directory.path()).await;
    // Four tries each, because the fifth failure of an account would end them.
    for n in 0..tries.div_ceil(4) {
        auth::add_administrator(&store, &format!("known-{n}"), PASSWORD.into(), None).await.expect("added");
    }
    let Ratio { quickest, median } = ratio(&authenticator, 0, tries).await;
    println!("known over unknown, {tries} tries each: quickest {quickest:.3}, median {median:.3}");
    assert!((0.5..2.0).contains(&quickest), "{quickest}");
    assert!(!soak || (0.95..1.05).contains(&median), "{median}");
}
