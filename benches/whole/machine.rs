//! The machine and the program that figures are of.

use std::{fs, process::Command, thread};

use serde_json::{Value, json};

/// What a figure depends on besides the code.
pub fn describe() -> Value {
    json!({
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "memory": field("/proc/meminfo", "MemTotal"),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "rustc": said("rustc", &["--version"]),
        "commit": said("git", &["describe", "--always", "--dirty"]),
        "date": said("date", &["--utc", "+%Y-%m-%d %H:%M"]),
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The first value of this name in one of the kernel's tables.
fn field(path: &str, name: &str) -> String {
    let text = read(path);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
