//! A running server, and a visitor.

use std::{collections::BTreeMap, path::Path};

use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use websocket_monitor::{
    changes::OPTIONS_VERSION,
    server::{
        AppState, HttpLimits, Server,
        config::{Config, Settings},
    },
};
use wsmon_manager::{Base, FreshnessConfig};

use super::{
    upstream::base_at,
    wire::{self, POSTCARD},
};

pub const PASSWORD: &str = "correct horse battery staple";

/// A server on a free port, stopped when told to or dropped.
pub struct Monitor {
    pub url: String,
    pub state: AppState,
    pub data_dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// The configuration of a server on a free port.
pub fn config(base_url: Base, data_dir: &Path) -> Config {
    let listen = Some(([127, 0, 0, 1], 0).into());
    Config {
        settings: Settings { listen, data_dir: data_dir.to_owned(), ..Settings::default() },
        services: base_url.into(),
        oauth2: BTreeMap::new(),
        admin_password: Some(PASSWORD.into()),
        metrics_token: None,
        without_page_files: true,
        limits: HttpLimits::default(),
        freshness: FreshnessConfig::default(),
    }
}

impl Monitor {
    pub async fn start(base_url: Base) -> Self {
        Self::start_with(base_url, |_| {}).await
    }

    /// Starts a server whose settings differ.
    pub async fn start_with(base_url: Base, change: impl FnOnce(&mut Config)) -> Self {
        let data_dir = tempfile::tempdir().expect("a directory");
        let mut config = config(base_url, data_dir.path());
        change(&mut config);
        Self::run(config, data_dir).await
    }

    async fn run(config: Config, data_dir: TempDir) -> Self {
        let server = Server::bind(config).await.expect("binds");
        let (stop, stopped) = oneshot::channel();
        let url = format!("http://{}", server.address());
        let state = server.state().clone();
        let task = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self { url, state, data_dir, stop: Some(stop), task }
    }

    /// Stops it and starts it again on the same store.
    pub async fn restart(mut self, change: impl FnOnce(&mut Config)) -> Self {
        drop(self.stop.take());
        self.task.await.expect("no panic");
        let mut config = config(base_at(([127, 0, 0, 1], 9).into()), self.data_dir.path());
        change(&mut config);
        Self::run(config, self.data_dir).await
    }

    /// Stops it the way a signal would.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        self.task.await.expect("no panic");
    }
}

/// What came of saving options.
pub struct Saved {
    pub status: u16,
    /// Empty where they were saved.
    pub page: String,
}

impl Saved {
    /// The field that the page says something of, and what.
    pub fn problem(&self) -> Option<(&str, &str)> {
        let (before, after) = self.page.split_once("-problem\" role=\"alert\" class=\"field-error\">")?;
        Some((before.rsplit('"').next()?, after.split('<').next()?))
    }
}

/// Somebody with a browser's cookies, who sees every redirect.
pub struct Visitor {
    client: Client,
    url: String,
}

impl Visitor {
    pub fn new(monitor: &Monitor) -> Self {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client");
        Self { client, url: monitor.url.clone() }
    }

    /// Somebody who has signed in.
    pub async fn admin(monitor: &Monitor) -> Self {
        let visitor = Self::new(monitor);
        let response = visitor.log_in("admin", PASSWORD, "/admin").await;
        assert_eq!(location(&response), "/admin");
        visitor
    }

    /// Somebody without a memory for cookies, who sends this one.
    pub async fn get_with_cookie(monitor: &Monitor, path: &str, cookie: &str) -> Response {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        client.get(format!("{}{path}", monitor.url)).header("cookie", cookie).send().await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    pub async fn log_in(&self, username: &str, password: &str, next: &str) -> Response {
        self.post_form("/login", &[("username", username), ("password", password), ("next", next)]).await
    }

    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client.post(format!("{}{path}", self.url)).form(form).send().await.expect("an answer")
    }

    /// Sends a form of the account's page; the answer, and the page that it leads back to, which says what came of it.
    pub async fn change_account(&self, form: &[(&str, &str)]) -> (Response, String) {
        let answer = self.post_form("/admin/account", form).await;
        assert_eq!(location(&answer), "/admin/account");
        let page = self.get("/admin/account").await.text().await.expect("a page");
        (answer, page)
    }

    /// Changes the password by the account's page.
    pub async fn change_password(&self, current: &str, new: &str) -> (Response, String) {
        self.change_account(&[("current", current), ("new", new), ("repeated", new)]).await
    }

    /// Saves options by the form on an endpoint's page; with a version, as that of a page that shows it.
    pub async fn save_options(&self, endpoint: &str, options: &Value, version: Option<&str>) -> Saved {
        let mut form = wire::options_form(options);
        form.extend(version.map(|version| (OPTIONS_VERSION, version.to_owned())));
        let url = format!("{}/admin/websocket-monitor/{endpoint}", self.url);
        let answer = self.client.post(url).form(&form).send().await.expect("an answer");
        Saved { status: answer.status().as_u16(), page: answer.text().await.expect("text") }
    }

    /// Asks for an encoding of the body.
    pub async fn get_accepting(&self, path: &str, encoding: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.url)).header("accept-encoding", encoding);
        request.send().await.expect("an answer")
    }

    /// Calls a server function and asks for an encoding of the answer, whose body is left as it comes.
    pub async fn call_accepting(&self, function: &str, arguments: &Value, encoding: &str) -> Response {
        let request = self.client.post(format!("{}/api/{function}", self.url)).header("accept-encoding", encoding);
        let request = request.header("content-type", POSTCARD).body(wire::arguments(function, arguments));
        request.send().await.expect("an answer")
    }

    /// Calls a server function, with JSON for what is sent and answered.
    pub async fn call(&self, function: &str, arguments: Value) -> Response {
        wire::answer(function, self.call_accepting(function, &arguments, "identity").await).await
    }
}

/// Where a redirect leads.
pub fn location(response: &Response) -> &str {
    assert!(response.status().is_redirection(), "{}", response.status());
    response.headers()["location"].to_str().expect("text")
}

/// The cookie a response sets, as it is sent back.
pub fn cookie(response: &Response) -> String {
    let header = response.headers()["set-cookie"].to_str().expect("text");
    header.split(';').next().expect("a pair").to_owned()
}
