//! How tests start the program.

use std::{path::Path, process::Command};

/// Tells a command that starts the program to use a free port and a data directory, and to do without the files that pages
/// load, which only cargo-leptos makes.
pub fn on_free_port<'a>(command: &'a mut Command, base_url: &str, data_dir: &Path) -> &'a mut Command {
    command
        .args(["--without-page-files", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .args(["--base-url", base_url, "--data-dir"])
        .arg(data_dir)
}
