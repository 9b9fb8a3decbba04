//! What outlives the process: connections and their events, administrators, sessions and the audit log.
//!
//! One file of `SQLite` in the data directory. Row types stay in here.

mod administrators;
mod audit;
#[cfg(test)]
mod audit_tests;
mod backup;
mod connections;
mod endpoint;
mod error;
#[cfg(test)]
mod event_tests;
mod file;
mod health;
mod lock;
#[cfg(test)]
mod migration_tests;
mod retention;
mod sessions;
#[cfg(test)]
mod silence_tests;
mod silences;
mod soundness;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transition_tests;
mod transitions;
mod writing;

pub use self::{
    administrators::{ADDRESS_KNOWN_MS, Credentials, StoredAdministrator},
    audit::AUDIT_KEPT,
    backup::{BackupError, back_up, record_in, restore},
    connections::{EVENTS_KEPT, EVENTS_KEPT_DAYS},
    error::StoreError,
    file::Flaw,
    health::WriteError,
    lock::DirectoryLock,
    sessions::{SESSION_IDLE_MS, SESSION_LIFE_MS, StoredSession},
    store::Store,
    transitions::TRANSITIONS_KEPT_DAYS,
};
