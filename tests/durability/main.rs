//! What survives: the program itself, killed, out of disk space or descriptors, on a damaged store, stopped
//! and started again, restored from a backup.

mod availability;
mod backup;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod descriptors;
mod failing;
mod full_disk;
mod kill;
mod odd_rows;
mod one_server;
#[path = "../common/program.rs"]
#[expect(dead_code, reason = "the benches need more of it")]
mod program;
mod restore;
#[path = "../common/start.rs"]
mod start;
mod upstream;
#[path = "../common/wire.rs"]
mod wire;

/// The name of the store's file in the data directory.
const STORE: &str = "monitor.sqlite";

/// The program that these tests start.
fn program_file() -> &'static str {
    env!("CARGO_BIN_EXE_websocket-monitor")
}
