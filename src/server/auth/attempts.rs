//! A brake on guessing passwords.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Failures within [`WINDOW`] after which nothing is tried any more.
const FAILURES: usize = 5;

/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Accounts and addresses kept in mind. Beyond it the whole table counts as full, so that filling
/// it with made-up names does not make room for guesses.
const KEPT: usize = 10_000;

/// Characters of an account's name that count: no name is longer, and made-up ones take no room.
const NAME_CHARS: usize = 64;

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
}

/// The failed logins of the last five minutes, by account and by address.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<Key, Failures>>);

#[derive(Debug, Default)]
struct Failures {
    times: VecDeque<Instant>,
    /// Whether somebody has been made to wait because of them.
    told: bool,
}

/// A try that is not to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// How long to wait.
    pub(super) time: Duration,
    /// Whether this is the first to be made to wait, which alone is worth writing down: the audit
    /// log must not be washed away by guessing.
    pub(super) is_first: bool,
}

impl Attempts {
    /// Counts a try as failed before its password is checked, so that tries at the same moment
    /// cannot slip through together; [`succeed`](Self::succeed) takes it back.
    pub(super) fn charge(&self, account: &str, address: IpAddr, now: Instant) -> Result<(), Wait> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.retain(|_, failures| failures.times.back().is_some_and(|last| now - *last < WINDOW));
        }
        if kept.len() >= KEPT {
            return Err(Wait { time: WINDOW, is_first: false });
        }
        let keys = [Key::account(account), Key::Address(address)];
        let mut wait_for = |key| kept.get_mut(key)?.wait(now);
        let waits: Vec<Wait> = keys.iter().filter_map(&mut wait_for).collect();
        if let Some(time) = waits.iter().map(|wait| wait.time).max() {
            return Err(Wait { time, is_first: waits.iter().any(|wait| wait.is_first) });
        }
        for key in keys {
            kept.entry(key).or_default().times.push_back(now);
        }
        Ok(())
    }

    /// Forgets the failures of an account whose password was just given, and of where it came from.
    pub(super) fn succeed(&self, account: &str, address: IpAddr) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Key::account(account));
        failures.remove(&Key::Address(address));
    }
}

impl Key {
    fn account(name: &str) -> Self {
        Self::Account(name.chars().take(NAME_CHARS).collect())
    }
}

impl Failures {
    fn wait(&mut self, now: Instant) -> Option<Wait> {
        while self.times.front().is_some_and(|first| now - *first >= WINDOW) {
            self.times.pop_front();
            self.told = false;
        }
        if self.times.len() < FAILURES {
            return None;
        }
        let first = *self.times.front()?;
        Some(Wait { time: WINDOW - (now - first), is_first: !std::mem::replace(&mut self.told, true) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn the_sixth_try_of_an_account_waits_wherever_it_comes_from() {
        let attempts = Attempts::default();
        let start = Instant::now();
        for n in 0..5 {
            assert_eq!(attempts.charge("admin", address(n), start + Duration::from_secs(n.into())), Ok(()));
        }
        let now = start + Duration::from_secs(10);
        let time = WINDOW - Duration::from_secs(10);
        assert_eq!(attempts.charge("admin", address(99), now), Err(Wait { time, is_first: true }));
        assert_eq!(attempts.charge("admin", address(98), now), Err(Wait { time, is_first: false }));
        assert_eq!(attempts.charge("other", address(99), now), Ok(()));
        assert_eq!(attempts.charge("admin", address(99), start + WINDOW), Ok(()), "the first counts no more");
    }

    #[test]
    fn the_sixth_try_from_an_address_waits_whatever_the_account() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..5 {
            assert_eq!(attempts.charge(&format!("user-{n}"), address(1), now), Ok(()));
        }
        assert_eq!(attempts.charge("admin", address(1), now), Err(Wait { time: WINDOW, is_first: true }));
        assert_eq!(attempts.charge("admin", address(2), now), Ok(()));
    }

    #[test]
    fn success_forgets() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..20 {
            assert_eq!(attempts.charge("admin", address(1), now), Ok(()));
            attempts.succeed("admin", address(1));
        }
    }

    #[test]
    fn made_up_names_fill_the_table_but_open_nothing() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..u32::try_from(KEPT).expect("small") / 2 {
            let octets = n.to_be_bytes();
            let address = [10, octets[1], octets[2], octets[3]].into();
            assert_eq!(attempts.charge(&n.to_string(), address, now), Ok(()));
        }
        assert_eq!(attempts.charge("admin", address(2), now), Err(Wait { time: WINDOW, is_first: false }));
        assert_eq!(attempts.charge("admin", address(2), now + WINDOW), Ok(()), "and is empty again afterwards");
    }
}
