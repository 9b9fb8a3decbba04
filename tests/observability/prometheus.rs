//! Debian's Prometheus and Alertmanager on the shipped configuration, in a hurry.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, extract::State, routing::post};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    eventually,
    monitor::TOKEN,
    program::{Running, find},
    replaced, shipped,
};

/// An alert as Prometheus, Alertmanager and its webhooks tell it, as far as they agree.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

impl Alert {
    /// Whether it is of this kind, and about this.
    pub fn is(&self, name: &str, about: &[(&str, &str)]) -> bool {
        let has = |(key, value): &(&str, &str)| self.labels.get(*key).is_some_and(|label| label == value);
        has(&("alertname", name)) && about.iter().all(has)
    }
}

/// Prometheus, which scrapes some monitors, and Alertmanager, which tells the test.
pub struct Prometheus {
    url: String,
    alertmanager: String,
    client: Client,
    notified: Notified,
    _running: [Running; 2],
    _directory: TempDir,
}

/// What Alertmanager's webhook was sent.
type Notified = Arc<Mutex<Vec<Alert>>>;

impl Prometheus {
    /// Starts both; none if they are not installed.
    pub async fn start(targets: &[&str]) -> Option<Self> {
        let (prometheus, alertmanager) = (find("prometheus")?, find("prometheus-alertmanager")?);
        let directory = tempfile::tempdir().expect("a directory");
        let (address, alerts_to) = (vacant(), vacant());
        let (webhook, notified) = webhook().await;
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("written");
            path
        };
        write("rules.yml", &hurried_rules());
        let token = write("token", TOKEN);
        let config = write("prometheus.yml", &config(targets, alerts_to, &token));
        let alerting = write("alertmanager.yml", &hurried_alerting(webhook));
        let running = [
            start(&prometheus, directory.path(), &config, "--storage.tsdb.path", &[address_option(address)]),
            start(
                &alertmanager,
                directory.path(),
                &alerting,
                "--storage.path",
                &[address_option(alerts_to), "--cluster.listen-address=".to_owned()],
            ),
        ];
        let (url, alertmanager) = (format!("http://{address}"), format!("http://{alerts_to}"));
        let started =
            Self { url, alertmanager, client: Client::new(), notified, _running: running, _directory: directory };
        for service in [&started.url, &started.alertmanager] {
            eventually(&format!("{service} to be ready"), async || {
                let answer = started.client.get(format!("{service}/-/ready")).send().await;
                let answer = answer.and_then(reqwest::Response::error_for_status);
                answer.map(drop).map_err(|error| error.to_string())
            })
            .await;
        }
        Some(started)
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, url: &str, parameters: &[(&str, &str)]) -> T {
        let url = Url::parse_with_params(url, parameters).expect("a URL");
        let answer = self.client.get(url).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{parameters:?}: {}", answer.text().await.expect("text"));
        answer.json().await.expect("JSON")
    }

    /// What a query gives now, or gave within the last minute.
    pub async fn query(&self, query: &str, over_a_minute: bool) -> Vec<Value> {
        let api = format!("{}/api/v1", self.url);
        let mut answer: Value = if over_a_minute {
            let now: Value = self.get(&format!("{api}/query"), &[("query", "time()")]).await;
            let now = now["data"]["result"][0].as_f64().expect("a time");
            let (start, end) = ((now - 60.0).to_string(), now.to_string());
            let parameters = [("query", query), ("start", &start), ("end", &end), ("step", "0.5")];
            self.get(&format!("{api}/query_range"), &parameters).await
        } else {
            self.get(&format!("{api}/query"), &[("query", query)]).await
        };
        serde_json::from_value(answer["data"]["result"].take()).expect("series")
    }

    /// The alerts that fire, or are about to.
    async fn alerts(&self, firing: bool) -> Vec<Alert> {
        let mut answer: Value = self.get(&format!("{}/api/v1/alerts", self.url), &[]).await;
        let alerts: Vec<Value> = serde_json::from_value(answer["data"]["alerts"].take()).expect("alerts");
        let alerts = alerts.into_iter().filter(|alert| !firing || alert["state"] == "firing");
        alerts.map(|alert| serde_json::from_value(alert).expect("an alert")).collect()
    }

    /// The alerts that fire.
    pub async fn firing(&self) -> Vec<Alert> {
        self.alerts(true).await
    }

    /// Waits until an alert fires.
    pub async fn fires(&self, name: &str, about: &[(&str, &str)]) -> Alert {
        eventually(&format!("{name} {about:?} to fire"), async || {
            let alerts = self.firing().await;
            let found = alerts.iter().find(|alert| alert.is(name, about)).cloned();
            found.ok_or_else(|| format!("{alerts:?}"))
        })
        .await
    }

    /// Waits until no such alert is left.
    pub async fn resolves(&self, name: &str, about: &[(&str, &str)]) {
        eventually(&format!("{name} {about:?} to resolve"), async || {
            let left = self.alerts(false).await.into_iter().find(|alert| alert.is(name, about));
            left.map_or(Ok(()), |alert| Err(format!("{alert:?}")))
        })
        .await;
    }

    /// The alerts that Alertmanager knows, each with whether another one keeps it quiet.
    pub async fn inhibited(&self) -> Vec<(Alert, bool)> {
        let alerts: Vec<Value> = self.get(&format!("{}/api/v2/alerts", self.alertmanager), &[]).await;
        let alerts = alerts.into_iter().map(|alert| {
            let inhibited = alert["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
            (serde_json::from_value(alert).expect("an alert"), inhibited)
        });
        alerts.collect()
    }

    /// What people have been told so far.
    pub fn notified(&self) -> Vec<Alert> {
        self.notified.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A port at which nothing listens: these programs do not tell which one they took.
fn vacant() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

fn address_option(address: SocketAddr) -> String {
    format!("--web.listen-address={address}")
}

fn start(program: &PathBuf, directory: &Path, config: &Path, storage: &str, arguments: &[String]) -> Running {
    let name = program.file_name().expect("a file");
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("{storage}={}", directory.join(name).display()));
    let log = fs::File::create(directory.join(name).with_extension("log")).expect("a file");
    Running(command.args(arguments).stdin(Stdio::null()).stderr(log).spawn().expect("starts"))
}

/// The shipped rules, in which what takes a minute takes a second.
pub fn hurried_rules() -> String {
    let rules = replaced(&shipped("ops/prometheus/rules.yml"), "m]", "s]");
    let lines = rules.lines().map(|line| match line.trim_start().strip_prefix("for: ") {
        Some(time) => line.replace(time, &time.replace('m', "s")),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The shipped configuration, with other addresses, the token's lines in force, and a scrape four times a second.
fn config(targets: &[&str], alertmanager: SocketAddr, token: &Path) -> String {
    let config = replaced(&shipped("ops/prometheus/prometheus.yml"), "15s", "250ms");
    let config = replaced(&config, "127.0.0.1:9093", &alertmanager.to_string());
    let config = replaced(&config, "\"127.0.0.1:3000\"", &targets.join(", "));
    let config = replaced(&config, "# authorization:", "authorization:");
    let file = format!("  credentials_file: {}", token.display());
    replaced(&config, "#   credentials_file: /etc/prometheus/websocket-monitor.token", &file)
}

/// The shipped configuration, with another receiver's address and hardly a wait.
fn hurried_alerting(webhook: SocketAddr) -> String {
    let config = replaced(&shipped("ops/alertmanager/alertmanager.yml"), "127.0.0.1:9095", &webhook.to_string());
    let config = replaced(&config, "group_wait: 30s", "group_wait: 500ms");
    replaced(&config, "group_interval: 5m", "group_interval: 1s")
}

/// A receiver of notifications, which runs as long as the test does.
async fn webhook() -> (SocketAddr, Notified) {
    #[derive(Deserialize)]
    struct Notification {
        alerts: Vec<Alert>,
    }
    async fn receive(State(notified): State<Notified>, Json(notification): Json<Notification>) {
        notified.lock().unwrap_or_else(PoisonError::into_inner).extend(notification.alerts);
    }
    let notified = Notified::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/", post(receive)).with_state(Arc::clone(&notified));
    tokio::spawn(axum::serve(listener, router).into_future());
    (address, notified)
}
