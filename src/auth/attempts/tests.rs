//! The brake, played through under paused time.

use std::net::IpAddr;

use super::*;

fn address(text: &str) -> Network {
    Network::of(text.parse().expect("an address"))
}

fn numbered(n: usize) -> Network {
    let [.., a, b, c] = n.to_be_bytes();
    Network::of(IpAddr::from([10, a, b, c]))
}

/// A stranger's try at an account whose password is `hash`.
fn stranger(attempts: &Attempts, name: &str, network: Network) -> Attempt {
    attempts.attempt(name, Some("hash"), network, Origin::Stranger)
}

#[test]
fn the_sixth_try_from_an_address_waits_whatever_the_account() {
    let attempts = Attempts::default();
    let start = Instant::now();
    let from = |name: &str, at: &str| stranger(&attempts, name, address(at));
    for n in 0..5 {
        let now = start + Duration::from_secs(n);
        assert_eq!(attempts.charge(&from(&format!("user-{n}"), "192.0.2.1"), now), Ok(()));
    }
    let now = start + Duration::from_secs(10);
    let time = WINDOW - Duration::from_secs(10);
    assert_eq!(attempts.charge(&from("admin", "192.0.2.1"), now), Err(Wait { time, is_first: true }));
    assert_eq!(attempts.charge(&from("admin", "192.0.2.1"), now), Err(Wait { time, is_first: false }));
    assert_eq!(attempts.charge(&from("admin", "192.0.2.2"), now), Ok(()), "nobody else waits");
    assert_eq!(attempts.charge(&from("admin", "192.0.2.1"), start + WINDOW), Ok(()), "the first counts no more");
}

#[test]
fn an_account_has_a_budget_for_strangers_which_binds_nobody_else() {
    let attempts = Attempts::default();
    let now = Instant::now();
    for n in 0..PER_ACCOUNT {
        assert_eq!(attempts.charge(&stranger(&attempts, "admin", numbered(n)), now), Ok(()));
    }
    let late = stranger(&attempts, "admin", address("192.0.2.1"));
    assert_eq!(attempts.charge(&late, now), Err(Wait { time: WINDOW, is_first: true }));
    assert_eq!(attempts.charge(&stranger(&attempts, "other", address("192.0.2.2")), now), Ok(()));
    let known = attempts.attempt("admin", Some("hash"), address("192.0.2.3"), Origin::KnownAddress);
    let signed_in = attempts.attempt("admin", Some("hash"), address("192.0.2.1"), Origin::Session(vec![1]));
    for limit in [&known, &signed_in] {
        for _ in 0..5 {
            assert_eq!(attempts.charge(limit, now), Ok(()));
        }
        assert!(attempts.charge(limit, now).is_err(), "it has a limit of its own");
    }
    let other = attempts.attempt("admin", Some("hash"), address("192.0.2.1"), Origin::Session(vec![2]));
    assert_eq!(attempts.charge(&other, now), Ok(()), "another session");
}

#[test]
fn another_password_makes_failures_count_no_more() {
    let attempts = Attempts::default();
    let now = Instant::now();
    let at = address("192.0.2.1");
    for _ in 0..4 {
        assert_eq!(attempts.charge(&stranger(&attempts, "admin", at), now), Ok(()));
    }
    assert_eq!(attempts.charge(&stranger(&attempts, "other", at), now), Ok(()));
    assert!(attempts.charge(&stranger(&attempts, "admin", at), now).is_err());
    let reset = attempts.attempt("admin", Some("another hash"), at, Origin::Stranger);
    for _ in 0..4 {
        assert_eq!(attempts.charge(&reset, now), Ok(()));
    }
    assert!(attempts.charge(&reset, now).is_err(), "the failure for the other account counts on");
}

#[test]
fn success_forgets_ones_own_failures_and_no_others() {
    let attempts = Attempts::default();
    let now = Instant::now();
    for n in 0..PER_ACCOUNT - 1 {
        assert_eq!(attempts.charge(&stranger(&attempts, "admin", numbered(n)), now), Ok(()));
    }
    let own = stranger(&attempts, "admin", address("192.0.2.1"));
    for _ in 0..20 {
        assert_eq!(attempts.charge(&own, now), Ok(()));
        attempts.succeed(&own);
    }
    assert_eq!(attempts.charge(&stranger(&attempts, "admin", address("192.0.2.2")), now), Ok(()));
    assert!(attempts.charge(&own, now).is_err(), "the strangers' tries count on");
}

#[test]
fn made_up_names_and_addresses_neither_fill_the_table_nor_open_anything() {
    let attempts = Attempts::default();
    let now = Instant::now();
    for n in 0..PER_ACCOUNT {
        assert_eq!(attempts.charge(&stranger(&attempts, "admin", address("192.0.2.1")), now).is_ok(), n < 5);
        attempts.charge(&stranger(&attempts, "admin", numbered(n)), now).ok();
    }
    for n in 0..2 * KEPT {
        let made_up = attempts.attempt(&n.to_string(), None, numbered(1_000 + n), Origin::Stranger);
        // Refused or not, it takes no room.
        attempts.charge(&made_up, now).ok();
        let known = stranger(&attempts, &format!("account-{}", n / PER_ACCOUNT), numbered(1_000_000 + n));
        assert_eq!(attempts.charge(&known, now), Ok(()), "nobody is kept out");
    }
    assert!(attempts.kept.lock().expect("no panic").len() <= KEPT);
    let guess = stranger(&attempts, "admin", address("192.0.2.1"));
    assert!(attempts.charge(&guess, now).is_err(), "the account's budget is spent, whoever was forgotten");
    let names = |key: &&Key| matches!(key, Key::UnknownName(_));
    let budgets = attempts.kept.lock().expect("no panic").keys().filter(names).count();
    assert!(budgets <= usize::try_from(UNKNOWN_NAMES).expect("small"), "{budgets}");
}
