//! What survives: the program itself, killed, out of disk space, on a damaged store, stopped and
//! started again.

#[path = "../common/mod.rs"]
mod common;
mod damage;
mod full_disk;
mod kill;
mod program;
mod restore;
mod upstream;

/// The name of the store's file in the data directory.
const STORE: &str = "monitor.sqlite";
