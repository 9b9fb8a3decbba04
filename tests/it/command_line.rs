//! Bad settings end the program with one line and a non-zero exit.

use std::{
    net::TcpListener,
    process::{Command, Output},
};

fn monitor() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_websocket-monitor"));
    command.arg("--without-page-files").env("WSMON_ADMIN_PASSWORD", "unused");
    // Where something goes wrong before there is anything to store, nothing is.
    command.env("WSMON_DATA_DIR", "/dev/null/nowhere");
    command
}

fn assert_one_line(output: &Output, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(words), "{stderr}");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
}

#[test]
fn a_base_url_that_is_not_ws_or_wss() {
    for (url, words) in [
        ("http://localhost/", "the base URL cannot be used: its scheme is \"http\", not ws or wss"),
        ("localhost", "the base URL cannot be used: it is not a URL"),
        ("ws://user:s3cret@localhost/", "the base URL cannot be used: it holds a user name or password"),
    ] {
        let output = monitor().args(["--base-url", url]).output().expect("runs");
        assert_one_line(&output, words);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"));
    }
}

#[test]
fn an_address_that_cannot_be_listened_on() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = monitor().args(["--listen", &address]).output().expect("runs");
    assert_one_line(&output, &format!("cannot listen on {address}"));
    let output = monitor().args(["--listen", "nowhere"]).output().expect("runs");
    assert_one_line(&output, "invalid value 'nowhere' for '--listen <ADDR>'");
}

#[test]
fn an_unknown_option() {
    assert_one_line(&monitor().arg("--nonsense").output().expect("runs"), "--nonsense");
}

#[test]
fn a_file_that_is_not_there_or_not_right() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.toml");
    let with_file = || monitor().arg("--config").arg(&path).output().expect("runs");
    assert_one_line(&with_file(), "cannot read");
    std::fs::write(&path, "demo = true\nbasse-url = 'ws://x/'\n").expect("written");
    assert_one_line(&with_file(), "line 2: unknown field `basse-url`");
}

#[test]
fn the_environment_wins_over_the_file_and_an_option_over_both() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.toml");
    std::fs::write(&path, "base-url = 'file://x/'\n").expect("written");
    let mut command = monitor();
    command.arg("--config").arg(&path);
    assert_one_line(&command.output().expect("runs"), "its scheme is \"file\"");
    command.env("WSMON_BASE_URL", "variable://x/");
    assert_one_line(&command.output().expect("runs"), "its scheme is \"variable\"");
    command.args(["--base-url", "option://x/"]);
    assert_one_line(&command.output().expect("runs"), "its scheme is \"option\"");
}

#[test]
fn services_of_the_environment_the_file_and_options_add_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.toml");
    std::fs::write(&path, "[service.a]\nbase-url = 'file://a/'\n[service.b]\nbase-url = 'file://b/'\n")
        .expect("written");
    let mut command = monitor();
    command.arg("--config").arg(&path).env("WSMON_SERVICES", "a=variable://a/, b=variable://b/,");
    assert_one_line(&command.output().expect("runs"), "of the service a cannot be used: its scheme is \"variable\"");
    command.args(["--service", "a=ws://a/"]);
    assert_one_line(&command.output().expect("runs"), "of the service b cannot be used: its scheme is \"variable\"");
    command.args(["--service", "b=option://b/"]);
    assert_one_line(&command.output().expect("runs"), "of the service b cannot be used: its scheme is \"option\"");
    command.env("WSMON_SERVICES", "b=ws://b/,b=ws://b/");
    assert_one_line(&command.output().expect("runs"), "the environment: the service b is given twice");
}

#[test]
fn a_client_certificate_without_its_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.toml");
    std::fs::write(&path, "[service.kraken]\nbase-url = 'wss://localhost/'\nclient-cert = 'x.pem'\n").expect("written");
    let mut command = monitor();
    command.arg("--config").arg(&path);
    assert_one_line(
        &command.output().expect("runs"),
        "the service kraken has no client-key: a client certificate needs",
    );
}

#[test]
fn a_demo_that_is_not_on_this_machine_or_whose_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let directory = tempfile::tempdir().expect("a directory");
    let demo = |url: &str| {
        let mut command = monitor();
        command.args(["--listen", "127.0.0.1:0", "--demo", "--base-url", url, "--data-dir"]).arg(directory.path());
        command.output().expect("runs")
    };
    assert_one_line(&demo(&format!("ws://{address}/ws/")), "the demo's upstream cannot listen on");
    assert_one_line(&demo("wss://localhost/"), "--demo needs a ws base URL on this machine");
    assert_one_line(&demo("ws://192.0.2.1:8000/"), "--demo needs a ws base URL on this machine");
}

#[test]
fn help_and_version_are_no_errors() {
    let help = monitor().arg("--help").output().expect("runs");
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(help.status.success() && text.starts_with("Holds WebSocket connections"), "{text}");
    assert!(text.contains("--base-url <URL>") && text.contains("[default: ws://localhost:8000/ws/]"), "{text}");
    let version = monitor().arg("--version").output().expect("runs");
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        concat!("websocket-monitor ", env!("CARGO_PKG_VERSION"))
    );
}
