//! The program on a free port, and an administrator of it.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{ChildStderr, Command, Stdio},
    thread,
};

use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};

use crate::{exposition::Samples, program::Running, wire};

const PASSWORD: &str = "correct horse battery staple";

/// The token for `/metrics`, where one is asked for.
pub const TOKEN: &str = "s3cret";

/// Where the program is.
pub const PATH: &str = env!("CARGO_BIN_EXE_websocket-monitor");

/// The program on a free port; killed when dropped.
pub struct Monitor {
    pub url: String,
    client: Client,
    log: String,
    _running: Running,
}

impl Monitor {
    pub fn start(base_url: &str, data_dir: &Path) -> Self {
        Self::start_as(&mut Command::new(PATH), base_url, data_dir)
    }

    /// Starts it by a command of its own, whose arguments have the last word.
    pub fn start_as(command: &mut Command, base_url: &str, data_dir: &Path) -> Self {
        command
            .env("WSMON_LISTEN", "127.0.0.1:0")
            .env("WSMON_LOG_FORMAT", "json")
            .env("WSMON_BASE_URL", base_url)
            .env("WSMON_DATA_DIR", data_dir)
            .env("WSMON_ADMIN_PASSWORD", PASSWORD)
            .env("RUST_LOG", "info")
            .arg("--without-page-files");
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let (url, start) = url_in(&mut log);
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self { url, client: client(), log: start, _running: Running(child) }
    }

    /// What it logged until it listened.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// Host and port: what Prometheus calls the instance.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("http")
    }

    /// A request of somebody without a session.
    pub fn request(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// What `/metrics` says to a scraper that may see it.
    pub async fn metrics(&self) -> String {
        let answer = self.request("/metrics").bearer_auth(TOKEN).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.expect("text")
    }

    pub async fn samples(&self) -> Samples {
        Samples::parse(&self.metrics().await)
    }
}

fn client() -> Client {
    Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client")
}

fn url_in(log: &mut BufReader<ChildStderr>) -> (String, String) {
    let mut before = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).expect("text"), 0, "ended: {before}");
        before.push_str(&line);
        if let Ok(event) = serde_json::from_str::<Value>(&line)
            && event["message"] == "listening"
        {
            return (event["url"].as_str().expect("a URL").to_owned(), before);
        }
    }
}

/// An administrator who is signed in.
pub struct Admin {
    client: Client,
    url: String,
}

impl Admin {
    pub async fn sign_in(monitor: &Monitor) -> Self {
        let admin = Self { client: client(), url: monitor.url.clone() };
        let form = [("username", "admin"), ("password", PASSWORD)];
        let login = admin.client.post(format!("{}/login", admin.url)).form(&form).send().await.expect("an answer");
        assert!(login.status().is_redirection(), "{}", login.status());
        admin
    }

    /// Calls a server function, whatever it answers.
    pub async fn call(&self, function: &str, arguments: Value) -> Response {
        let request = self.client.post(format!("{}/api/{function}", self.url)).header("content-type", wire::POSTCARD);
        let request = request.body(wire::arguments(function, &arguments));
        wire::answer(function, request.send().await.expect("an answer")).await
    }

    /// Calls a server function that succeeds.
    pub async fn done(&self, function: &str, arguments: Value) {
        let answer = self.call(function, arguments.clone()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{function} {arguments}");
    }

    /// Connects an endpoint, with whatever outcome.
    pub async fn connect(&self, endpoint: &str) {
        self.done("change_connection", json!({ "endpoint": endpoint, "kind": { "Connect": true } })).await;
    }

    /// Saves the options of an endpoint by the form on its page.
    pub async fn save_options(&self, endpoint: &str, options: &Value) {
        let page = format!("{}/admin/websocket-monitor/{endpoint}", self.url);
        let answer = self.client.post(page).form(&wire::options_form(options)).send().await.expect("an answer");
        assert!(answer.status().is_redirection(), "{endpoint} {options}");
    }

    /// A page of the monitor, by its whole URL.
    pub async fn page(&self, url: &str) -> String {
        let answer = self.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        answer.text().await.expect("text")
    }
}
