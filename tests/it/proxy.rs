//! A service's proxy as the operator configures it, and that its password is told to nobody.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use reqwest::{Client, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    task::spawn_blocking,
};

use crate::{
    start::on_free_port,
    support::{
        soon,
        wire::{self, POSTCARD},
    },
};

const PASSWORD: &str = "correct horse battery staple";

/// `ann:pr0xy-c4n4ry` as it is sent.
const SENT: &str = "YW5uOnByMHh5LWM0bjRyeQ==";

/// A proxy that reaches no host, and repeats what it is sent. Gives its place, and what it is asked.
async fn proxy() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    let (sender, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("the rest of a request"));
            }
            let head = String::from_utf8(head).expect("text");
            let answer = format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n{head}", head.len());
            stream.write_all(answer.as_bytes()).await.expect("the client waits");
            drop(sender.send(head));
        }
    });
    (place, asked)
}

fn program(config: &str, directory: &std::path::Path) -> Command {
    let file = directory.join("monitor.toml");
    fs::write(&file, config).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_websocket-monitor"));
    on_free_port(&mut command, "ws://feeds.invalid/ws/", directory);
    command.arg("--config").arg(file).env("WSMON_ADMIN_PASSWORD", PASSWORD).env("RUST_LOG", "trace");
    command.stderr(Stdio::piped());
    command
}

/// The lines of its log, until it ends.
fn lines(child: &mut Child) -> mpsc::UnboundedReceiver<String> {
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    let (sender, lines) = mpsc::unbounded_channel();
    thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

#[tokio::test]
async fn services_have_the_proxy_that_is_configured_and_its_password_is_told_to_nobody() {
    let (place, mut asked) = proxy().await;
    let directory = tempfile::tempdir().expect("a directory");
    let config = format!(
        "[service.default]\nproxy = 'http://ann:pr0xy-c4n4ry@{place}'\n\
         [service.usual]\nbase-url = 'ws://feeds.invalid/'\nproxy = 'env'\n\
         [service.near]\nbase-url = 'ws://feeds.near.invalid/'\nproxy = 'env'\n\
         [service.direct]\nbase-url = 'ws://feeds.invalid/'\n"
    );
    let mut command = program(&config, directory.path());
    command
        .env("HTTP_PROXY", format!("ann:pr0xy-c4n4ry@{place}"))
        .env("NO_PROXY", "near.invalid")
        .env_remove("http_proxy");
    let mut child = command.env_remove("no_proxy").spawn().expect("starts");
    let mut log = lines(&mut child);
    let mut said = Vec::new();
    let url = loop {
        let line = soon("a line", log.recv()).await.expect("it runs");
        let fields: Value = serde_json::from_str(&line).expect("JSON");
        said.push(line);
        if fields["message"] == "listening" {
            break fields["url"].as_str().expect("a URL").to_owned();
        }
    };
    let proxied = said.iter().filter(|line| line.contains("reached through a proxy") && line.contains(&place));
    assert_eq!(proxied.clone().count(), 2, "{said:?}");
    assert!(proxied.clone().any(|line| line.contains("usual")) && proxied.clone().any(|line| line.contains("default")));

    let client = Client::builder().cookie_store(true).redirect(Policy::none()).no_proxy().build().expect("a client");
    let login = client.post(format!("{url}/login")).form(&[("username", "admin"), ("password", PASSWORD)]);
    login.send().await.expect("an answer");
    for endpoint in ["data-feed", "usual:data-feed"] {
        let arguments =
            wire::arguments("change_connection", &json!({ "endpoint": endpoint, "kind": { "Connect": false } }));
        let connect =
            client.post(format!("{url}/api/change_connection")).header("content-type", POSTCARD).body(arguments);
        connect.send().await.expect("an answer").error_for_status().expect("it is there");
        let head = soon("a request", asked.recv()).await.expect("it runs");
        assert!(head.starts_with("CONNECT feeds.invalid:80 HTTP/1.1\r\n") && head.contains(SENT), "{head}");
    }
    let mut told = Vec::new();
    for path in ["/admin/websocket-monitor", "/admin/websocket-monitor/data-feed", "/admin/audit", "/metrics"] {
        told.push(client.get(format!("{url}{path}")).send().await.expect("an answer").text().await.expect("text"));
    }
    assert!(told[1].contains(&format!("The proxy {place} answered HTTP 502 Bad Gateway")), "{}", told[1]);
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    while let Some(line) = soon("the end", log.recv()).await {
        said.push(line);
    }
    child.wait().expect("ends");
    assert!(said.iter().any(|line| line.contains("\"cause\":\"proxy_refused\"")));
    for secret in ["pr0xy-c4n4ry", SENT] {
        assert_eq!(said.iter().chain(&told).find(|text| text.contains(secret)), None);
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_keeps_the_monitor_from_starting() {
    let ended = spawn_blocking(|| {
        let directory = tempfile::tempdir().expect("a directory");
        program("[service.default]\nproxy = 'socks5://s3cret:1080'", directory.path()).output().expect("runs")
    });
    let ended = ended.await.expect("ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    let told = "error: the proxy of the service default cannot be used: it does not begin with http://";
    assert!(!ended.status.success() && said.contains(told) && !said.contains("s3cret"), "{said}");
}
