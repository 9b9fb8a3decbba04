//! A program whose pages could not come to life does not start.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery staple";

/// The program in a place of its own, where no build has left anything.
struct Elsewhere(TempDir);

impl Elsewhere {
    fn new() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        // A link, not a copy: a program that was just written cannot be run while another test forks.
        fs::hard_link(env!("CARGO_BIN_EXE_websocket-monitor"), directory.path().join("monitor")).expect("linked");
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts in the list of hashes that a build leaves beside the program.
    fn with_list(self) -> Self {
        fs::write(self.path().join("hash.txt"), "js: abc\nwasm: def\ncss: ghi\n").expect("written");
        self
    }

    /// Puts in the files of a site.
    fn with_site(self, names: &[&str]) -> Self {
        let package = self.path().join("target/site/pkg");
        fs::create_dir_all(&package).expect("made");
        for name in names {
            fs::write(package.join(name), "").expect("written");
        }
        self
    }

    fn start(&self) -> Child {
        // Should it start where it must not, it would serve for ever.
        Command::new("timeout")
            .args(["60", "./monitor", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir", "data"])
            .current_dir(self.path())
            .env("WSMON_ADMIN_PASSWORD", PASSWORD)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    }

    /// Checks that it ends with one sentence, before it has made anything.
    fn assert_refused(&self, missing: &str) {
        let output = self.start().wait_with_output().expect("ends");
        let sentence = format!(
            "error: what the pages load is not here: {missing} is missing. Build it with `make build`, keep hash.txt \
             beside the program, and start the program in the directory that holds target/site\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), sentence);
        assert_eq!(output.status.code(), Some(1));
        assert!(!self.path().join("data").exists());
    }
}

#[test]
fn without_the_list_of_hashes_it_does_not_start() {
    let program = Elsewhere::new().with_site(&["websocket-monitor.js"]);
    program.assert_refused(&program.path().join("hash.txt").display().to_string());
}

#[test]
fn without_the_site_or_with_that_of_another_build_it_does_not_start() {
    Elsewhere::new().with_list().assert_refused("target/site/pkg/websocket-monitor.abc.js");

    let program = Elsewhere::new().with_list();
    program
        .with_site(&["websocket-monitor.abc.js", "websocket-monitor.older.wasm", "websocket-monitor.ghi.css"])
        .assert_refused("target/site/pkg/websocket-monitor.def.wasm");
}

#[tokio::test]
async fn with_both_it_starts_and_its_pages_name_the_files() {
    let program = Elsewhere::new().with_list();
    let program =
        program.with_site(&["websocket-monitor.abc.js", "websocket-monitor.def.wasm", "websocket-monitor.ghi.css"]);
    let mut child = program.start();
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let log = lines.map(|line| line.expect("text"));
    let listening = log.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let url = listening.filter_map(|event| Some(event["url"].as_str()?.to_owned())).next();
    let url = url.expect("it listens");
    let client = Client::builder().cookie_store(true).build().expect("a client");
    // After the login comes a page that loads all of them.
    let form = [("username", "admin"), ("password", PASSWORD), ("next", "/admin/websocket-monitor")];
    let page = client.post(format!("{url}/login")).form(&form).send().await.expect("an answer");
    let html = page.text().await.expect("text");
    // SIGTERM, which `timeout` hands on.
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    child.wait().expect("ends");
    for name in ["websocket-monitor.abc.js", "websocket-monitor.def.wasm", "websocket-monitor.ghi.css"] {
        assert!(html.contains(name), "{name}: {html}");
    }
}
