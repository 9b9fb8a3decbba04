//! A brake on guessing passwords.
//!
//! Failures are counted for the address first, so that whoever guesses stops nobody but himself. An
//! account has a budget besides, against guesses from many addresses. It binds only addresses from
//! which nobody signed in to the account lately, so that strangers cannot keep its owner out by
//! spending it.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::network::Network;

/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Failures from one address within [`WINDOW`] after which nothing from there is tried any more.
const PER_ADDRESS: usize = 5;

/// The same within one session, for the change of the password.
const PER_SESSION: usize = 5;

/// The same for one account, from all addresses that are not known to it: 14,400 guesses a day.
const PER_ACCOUNT: usize = 50;

/// Names that nobody has share this many budgets, so that making up names takes no memory. With one
/// budget for all, spending it would tell which names somebody has.
const UNKNOWN_NAMES: u64 = 100;

/// Addresses, accounts and sessions kept in mind.
const KEPT: usize = 10_000;

/// Who tries a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody from an address that is not known to the account.
    Stranger,
    /// Somebody from an address from which the account was signed in to lately.
    KnownAddress,
    /// Somebody who is signed in, by the SHA-256 of the session's id.
    Session(Vec<u8>),
}

/// An account and the password it has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    key: Key,
    /// Stands for the password: when another one is set, what failed before counts no more.
    password: u64,
}

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Address(Network),
    Account(String),
    /// One of the budgets for names that nobody has.
    UnknownName(u64),
    Session(Vec<u8>),
}

/// A try at a password.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    account: Account,
    network: Network,
    origin: Origin,
}

#[derive(Clone, Debug)]
struct Failure {
    at: Instant,
    account: Account,
    network: Network,
}

#[derive(Debug, Default)]
struct Failures {
    /// Oldest first.
    list: Vec<Failure>,
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

/// The failed tries of the last five minutes.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    kept: Mutex<HashMap<Key, Failures>>,
    hasher: RandomState,
}

impl Attempts {
    /// A try at the password of an account, whose hash is none if nobody has the name.
    pub(super) fn attempt(&self, name: &str, hash: Option<&str>, network: Network, origin: Origin) -> Attempt {
        let account = match hash {
            Some(hash) => Account { key: Key::Account(name.to_owned()), password: self.hasher.hash_one(hash) },
            None => Account { key: Key::UnknownName(self.hasher.hash_one(name) % UNKNOWN_NAMES), password: 0 },
        };
        Attempt { account, network, origin }
    }

    /// Counts a try as failed before its password is checked, so that tries at the same moment
    /// cannot slip through together; [`succeed`](Self::succeed) takes it back.
    pub(super) fn charge(&self, attempt: &Attempt, now: Instant) -> Result<(), Wait> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = attempt.limits();
        let waits: Vec<Wait> =
            limits.iter().filter_map(|(key, limit)| kept.get_mut(key)?.wait(*limit, attempt, now)).collect();
        if let Some(time) = waits.iter().map(|wait| wait.time).max() {
            return Err(Wait { time, is_first: waits.iter().any(|wait| wait.is_first) });
        }
        make_room(&mut kept, now);
        let failure = Failure { at: now, account: attempt.account.clone(), network: attempt.network };
        for (key, _) in limits {
            kept.entry(key).or_default().list.push(failure.clone());
        }
        Ok(())
    }

    /// The password was right: forgets what failed for this account from this address. What others
    /// tried from elsewhere counts on.
    pub(super) fn succeed(&self, attempt: &Attempt) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |failure: &Failure| failure.account == attempt.account && failure.network == attempt.network;
        for (key, _) in attempt.limits() {
            if let Some(failures) = kept.get_mut(&key) {
                failures.list.retain(|failure| !is_own(failure));
                failures.told = false;
            }
        }
    }
}

/// Makes room for one more: forgets what counts no more, and if that is not enough the address that
/// has been quiet for longest. The accounts' budgets stay, so forgetting an address that guesses wins
/// it nothing, and nobody is kept out by a table that others filled.
fn make_room(kept: &mut HashMap<Key, Failures>, now: Instant) {
    if kept.len() + 3 <= KEPT {
        return;
    }
    let last = |failures: &Failures| failures.list.last().map(|failure| failure.at);
    kept.retain(|_, failures| last(failures).is_some_and(|at| now - at < WINDOW));
    while kept.len() + 3 > KEPT {
        let addresses = kept.iter().filter(|(key, _)| matches!(key, Key::Address(_)));
        let Some(quietest) = addresses.min_by_key(|(_, failures)| last(failures)).map(|(key, _)| key.clone()) else {
            return;
        };
        kept.remove(&quietest);
    }
}

impl Attempt {
    /// What it counts for, and how many failures are too many there.
    fn limits(&self) -> Vec<(Key, usize)> {
        let address = (Key::Address(self.network), PER_ADDRESS);
        match &self.origin {
            Origin::Stranger => vec![address, (self.account.key.clone(), PER_ACCOUNT)],
            Origin::KnownAddress => vec![address],
            Origin::Session(id) => vec![(Key::Session(id.clone()), PER_SESSION)],
        }
    }
}

impl Failures {
    fn wait(&mut self, limit: usize, attempt: &Attempt, now: Instant) -> Option<Wait> {
        let before = self.list.len();
        self.list.retain(|failure| failure.counts(&attempt.account, now));
        if self.list.len() < before {
            self.told = false;
        }
        if self.list.len() < limit {
            return None;
        }
        let first = self.list.first()?.at;
        Some(Wait { time: WINDOW - (now - first), is_first: !std::mem::replace(&mut self.told, true) })
    }
}

impl Failure {
    /// Whether it still counts against a try for this account.
    fn counts(&self, account: &Account, now: Instant) -> bool {
        let has_another_password = self.account.key == account.key && self.account.password != account.password;
        now - self.at < WINDOW && !has_another_password
    }
}

#[cfg(test)]
mod tests;
