//! Where the program is that the benches start.

use std::{env, path::PathBuf};

/// The program that `make build` leaves in cargo's directory, where this one is as well.
pub fn program_file() -> PathBuf {
    let own = env::current_exe().expect("a program");
    let beside = own.ancestors().map(|directory| directory.join("websocket-monitor"));
    beside.into_iter().find(|file| file.is_file()).expect("the release: make build")
}
