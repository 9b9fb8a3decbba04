//! Logs on their way to an OpenTelemetry collector.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::post};
use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
};
use prost::Message;
use reqwest::{Client, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::spawn_blocking};

use crate::support::{
    soon,
    upstream::{Manner, Upstream, vacant},
    wire::{self, POSTCARD},
};

const PASSWORD: &str = "p4ssw0rd-c4n4ry";

/// The program on a free port; killed when dropped.
struct Program {
    child: Child,
    url: String,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Program {
    async fn start(collector: &str, base_url: &str, filter: &str, directory: &Path) -> Self {
        let mut child = command(collector)
            .args(["--listen", "127.0.0.1:0", "--log-format", "json", "--base-url", base_url, "--data-dir"])
            .arg(directory)
            .env("WSMON_ADMIN_PASSWORD", PASSWORD)
            .env("RUST_LOG", filter)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, lines) = mpsc::unbounded_channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut program = Self { child, url: String::new(), lines };
        let listening: Value = serde_json::from_str(&program.line("listening").await).expect("JSON");
        listening["url"].as_str().expect("a URL").clone_into(&mut program.url);
        program
    }

    /// The next line that says this.
    async fn line(&mut self, message: &str) -> String {
        let message = format!("\"message\":\"{message}\"");
        soon(&message, async {
            loop {
                let line = self.lines.recv().await.expect("it runs");
                if line.contains(&message) {
                    return line;
                }
            }
        })
        .await
    }

    /// Ends it, and gives the lines that were not awaited, and how long it took.
    async fn stop(mut self) -> (Vec<String>, Duration) {
        let began = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        let mut rest = Vec::new();
        while let Some(line) = soon("the end", self.lines.recv()).await {
            rest.push(line);
        }
        let status = self.child.wait().expect("ends");
        assert!(status.success(), "SIGTERM is a proper end");
        (rest, began.elapsed())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(collector: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_websocket-monitor"));
    command.args(["--without-page-files", "--otlp-endpoint", collector]);
    command
}

/// A collector that keeps what it gets.
struct Collector {
    url: String,
    bodies: mpsc::UnboundedReceiver<Bytes>,
    seen: Vec<Bytes>,
}

/// A log record with its resource's and its own attributes.
#[derive(Debug)]
struct Record {
    resource: Vec<KeyValue>,
    target: String,
    message: String,
    attributes: Vec<KeyValue>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, bodies) = mpsc::unbounded_channel();
        let keep = move |body: Bytes| async move { drop(sender.send(body)) };
        let app = Router::new().route("/v1/logs", post(keep));
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { url, bodies, seen: Vec::new() }
    }

    /// The next record that says this.
    async fn record(&mut self, message: &str) -> Record {
        soon(message, async {
            loop {
                let body = self.bodies.recv().await.expect("it runs");
                self.seen.push(body.clone());
                if let Some(record) = records(&body).into_iter().find(|record| record.message == message) {
                    return record;
                }
            }
        })
        .await
    }
}

fn records(body: &[u8]) -> Vec<Record> {
    let request = ExportLogsServiceRequest::decode(body).expect("OTLP");
    let mut records = Vec::new();
    for resource in request.resource_logs {
        let of_resource = resource.resource.expect("a resource").attributes;
        for scope in resource.scope_logs {
            let target = scope.scope.expect("a scope").name;
            records.extend(scope.log_records.into_iter().map(|record| Record {
                resource: of_resource.clone(),
                target: target.clone(),
                message: text(record.body.as_ref()),
                attributes: record.attributes,
            }));
        }
    }
    records
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn attribute(attributes: &[KeyValue], key: &str) -> String {
    text(attributes.iter().find(|attribute| attribute.key == key).and_then(|attribute| attribute.value.as_ref()))
}

#[tokio::test]
async fn a_collector_gets_every_event_to_the_last_and_no_secret() {
    let mut collector = Collector::start().await;
    let upstream = Upstream::start(Manner::Echo).await;
    let directory = tempfile::tempdir().expect("a directory");
    let base = format!("{}?token=qu3ry-c4n4ry", upstream.base());
    let filter = "trace,tungstenite::handshake::client=trace,hyper_util::client=trace";
    let program = Program::start(&collector.url, &base, filter, directory.path()).await;

    let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client");
    let url = |path: &str| format!("{}{path}", program.url);
    let login = client.post(url("/login")).form(&[("username", "admin"), ("password", PASSWORD)]);
    let login = login.send().await.expect("an answer");
    let session = login.cookies().next().expect("a cookie").value().to_owned();
    let arguments =
        wire::arguments("change_connection", &json!({ "endpoint": "data-feed", "kind": { "Connect": true } }));
    let connect = client.post(url("/api/change_connection")).header("content-type", POSTCARD).body(arguments);
    connect.send().await.expect("an answer").error_for_status().expect("connects");

    let record = collector.record("connected").await;
    assert_eq!(attribute(&record.resource, "service.name"), "websocket-monitor");
    assert_eq!(attribute(&record.resource, "service.version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(attribute(&record.attributes, "endpoint"), "data-feed");
    assert_eq!(record.target, "wsmon_manager::task::report");

    let (log, _) = program.stop().await;
    collector.record("stopped").await;
    let records: Vec<Record> = collector.seen.iter().flat_map(|body| records(body)).collect();
    let audit = records.iter().find(|record| record.message == "audit").expect("the login is audited");
    assert_eq!(attribute(&audit.attributes, "request_id").len(), 16, "{audit:?}");
    let own = records.iter().find(|record| record.target.starts_with("hyper"));
    assert!(own.is_none(), "sending is not sent: {own:?}");
    for secret in ["qu3ry-c4n4ry", PASSWORD, &session] {
        assert_eq!(log.iter().find(|line| line.contains(secret)), None);
        let exported = |body: &Bytes| body.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!collector.seen.iter().any(exported), "{secret} was exported");
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_or_silent_changes_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let gone = vacant().await;
    for address in [silent.local_addr().expect("an address"), gone] {
        let directory = tempfile::tempdir().expect("a directory");
        let collector = format!("http://{address}");
        let mut program = Program::start(&collector, "ws://127.0.0.1:9/", "info", directory.path()).await;
        if address == gone {
            let line = program.line("logs do not reach the collector").await;
            assert!(line.contains("refused"), "{line}");
        }
        let health = reqwest::get(format!("{}/healthz", program.url)).await.expect("an answer");
        assert_eq!(health.status(), 200);
        let (rest, took) = program.stop().await;
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(!rest.iter().any(|line| line.contains("collector")), "said once is enough: {rest:?}");
    }
}

#[tokio::test]
async fn a_collector_that_cannot_be_one_is_refused_at_the_start() {
    let ended = spawn_blocking(|| command("grpc://127.0.0.1:4317").output().expect("runs")).await.expect("ends");
    assert!(!ended.status.success());
    let text = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(text, "error: the OTLP endpoint must be an http or https URL\n");
}
