//! The program as it is seen from everywhere, for whoever looks for what must not be seen: by administrators, by Prometheus,
//! in its log and in its files.

use std::{fs, path::Path, process::Command};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use wsmon_model::{AuditQuery, ListQuery};

use crate::{
    program::{PASSWORD, Program, browser},
    support::{
        monitor::Saved,
        soon,
        wire::{self, POSTCARD},
    },
};

/// What every secret of a test has in it.
pub const CANARY: &str = "c4n4ry";

/// The program, which logs everything, and an administrator of it.
pub struct Watched {
    program: Program,
    browser: Client,
    data: TempDir,
}

impl Watched {
    /// Starts it with what the command is told besides.
    pub async fn start(base_url: &str, tell: impl FnOnce(&mut Command)) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_websocket-monitor"));
        tell(&mut command);
        let program = Program::start_as(command, base_url, "trace", data.path());
        let watched = Self { program, browser: browser(), data };
        let (status, _) = watched.post("/login", &[("username", "admin"), ("password", PASSWORD)]).await;
        assert_eq!(status, 303);
        watched
    }

    /// Calls a server function; its answer, as JSON.
    pub async fn call(&self, function: &str, arguments: Value) -> String {
        let answer = self.send(function, POSTCARD, wire::arguments(function, &arguments)).await;
        wire::answer(function, answer).await.text().await.expect("text")
    }

    /// Sends a server function what need not be what it takes.
    pub async fn send(&self, function: &str, kind: &str, body: Vec<u8>) -> reqwest::Response {
        let request = self.browser.post(format!("{}/api/{function}", self.program.url)).header("content-type", kind);
        request.body(body).send().await.expect("an answer")
    }

    pub async fn connect(&self, endpoint: &str) -> String {
        self.call("change_connection", json!({ "endpoint": endpoint, "kind": { "Connect": false } })).await
    }

    /// Connects until the answer says this: after a failure a token service is not asked again at once.
    pub async fn connect_until(&self, endpoint: &str, word: &str) -> String {
        let connecting = async {
            loop {
                let outcome = self.connect(endpoint).await;
                if outcome.contains(word) {
                    break outcome;
                }
            }
        };
        soon(word, connecting).await
    }

    /// Sends a form; the status and the page.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let answer = self.browser.post(format!("{}{path}", self.program.url)).form(form).send().await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Saves options by the form on an endpoint's page, which may hold fields besides.
    pub async fn save(&self, endpoint: &str, options: &Value, besides: &[(&str, &str)]) -> Saved {
        let form = wire::options_form(options);
        let form: Vec<_> =
            form.iter().map(|(name, text)| (*name, text.as_str())).chain(besides.iter().copied()).collect();
        let (status, page) = self.post(&format!("/admin/websocket-monitor/{endpoint}"), &form).await;
        Saved { status, page }
    }

    /// What administrators and Prometheus see, in which there is no secret.
    pub async fn seen(&self, endpoint: &str) -> String {
        let mut seen = self.call("load_endpoint", json!({ "endpoint": endpoint })).await;
        seen += &self.call("load_options", json!({ "endpoint": endpoint })).await;
        seen += &self.call("list_connections", json!({ "query": ListQuery::default(), "shown": null })).await;
        seen += &self.call("list_audit", json!({ "query": AuditQuery::default() })).await;
        let page = format!("/admin/websocket-monitor/{endpoint}");
        let options = format!("{page}?show=options");
        for path in ["/admin/websocket-monitor", &page, &options, "/admin/audit", "/metrics"] {
            let answer = self.browser.get(format!("{}{path}", self.program.url)).send().await.expect("an answer");
            seen += &answer.text().await.expect("text");
        }
        assert_without(&seen, &[CANARY]);
        seen
    }

    /// The same, once there is this word.
    pub async fn seen_until(&self, endpoint: &str, word: &str) -> String {
        let looking = async {
            loop {
                let seen = self.seen(endpoint).await;
                if seen.contains(word) {
                    break seen;
                }
            }
        };
        soon(word, looking).await
    }

    /// Ends it. Neither its log, which is given, nor a file of its data holds any of these.
    pub fn end(self, secrets: &[&str]) -> String {
        let log = self.program.into_log();
        for line in log.lines() {
            assert_without(line, secrets);
        }
        assert!(files(self.data.path(), secrets) > 0, "it kept something");
        log
    }
}

pub fn assert_without(text: &str, secrets: &[&str]) {
    for secret in secrets {
        if let Some(at) = text.find(secret) {
            let from = text.floor_char_boundary(at.saturating_sub(200));
            let to = text.ceil_char_boundary(at + 100);
            panic!("{secret} in: …{}…", &text[from..to]);
        }
    }
}

/// Looks through all files below a directory; how many there are.
fn files(directory: &Path, secrets: &[&str]) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            count += files(&path, secrets);
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        for secret in secrets {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} in {}", path.display());
        }
        count += 1;
    }
    count
}
