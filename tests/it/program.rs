//! The program itself: what it logs and how much memory it takes.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::{Client, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::interval,
};

use crate::{
    pages::calls,
    start::on_free_port,
    support::{
        upstream::{Manner, Upstream},
        wire::{self, POSTCARD},
    },
};

pub const PASSWORD: &str = "p4ssw0rd-c4n4ry";

/// The program on a free port; killed when dropped.
pub struct Program {
    child: Child,
    pub url: String,
    rest: mpsc::Receiver<String>,
}

impl Program {
    fn start(base_url: &str, filter: &str, directory: &std::path::Path) -> Self {
        Self::start_as(Command::new(env!("CARGO_BIN_EXE_websocket-monitor")), base_url, filter, directory)
    }

    /// Starts it with arguments and variables that a command has already.
    pub fn start_as(mut command: Command, base_url: &str, filter: &str, directory: &std::path::Path) -> Self {
        let mut child = on_free_port(&mut command, base_url, directory)
            .env("WSMON_ADMIN_PASSWORD", PASSWORD)
            .env("RUST_LOG", filter)
            // A trusted proxy may have all connections there are.
            .env("WSMON_TRUSTED_PROXIES", "127.0.0.1")
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let (url, log) = Self::until_listening(&mut lines);
        let (sender, rest) = mpsc::channel();
        thread::spawn(move || {
            let mut text = log;
            lines.read_to_string(&mut text).expect("text");
            sender.send(text).ok();
        });
        Self { child, url, rest }
    }

    fn until_listening(lines: &mut BufReader<ChildStderr>) -> (String, String) {
        let mut log = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).expect("text"), 0, "ended: {log}");
            log.push_str(&line);
            if let Ok(event) = serde_json::from_str::<Value>(&line)
                && event["message"] == "listening"
            {
                return (event["url"].as_str().expect("a URL").to_owned(), log);
            }
        }
    }

    /// The most memory it has had, in bytes.
    fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1_024
    }

    /// Ends it, and gives all it has logged.
    pub fn into_log(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        assert!(self.child.wait().expect("ends").success(), "SIGTERM is a proper end");
        self.rest.recv_timeout(Duration::from_secs(10)).expect("the log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn browser() -> Client {
    Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client")
}

#[tokio::test]
async fn no_secret_is_logged_or_stored_whatever_the_filter() {
    let upstream = Upstream::start(Manner::Echo).await;
    let directory = tempfile::tempdir().expect("a directory");
    let base = format!("{}?token=qu3ry-c4n4ry", upstream.base());
    let program = Program::start(&base, "trace", directory.path());
    let browser = browser();
    let url = |path: &str| format!("{}{path}", program.url);
    let form = |password: &str| {
        [("username".to_owned(), "admin\r\nforged".to_owned()), ("password".to_owned(), password.to_owned())]
    };
    browser.post(url("/login")).form(&form("wr0ng-c4n4ry")).send().await.expect("an answer");
    let login = browser.post(url("/login")).form(&[("username", "admin"), ("password", PASSWORD)]);
    let login = login.send().await.expect("an answer");
    let id = login.cookies().next().expect("a cookie").value().to_owned();
    let arguments =
        wire::arguments("change_connection", &json!({ "endpoint": "data-feed", "kind": { "Connect": true } }));
    let connect = browser.post(url("/api/change_connection")).header("content-type", POSTCARD).body(arguments);
    let answer = wire::answer("change_connection", connect.send().await.expect("an answer")).await;
    assert!(answer.text().await.expect("text").contains("\"connected\""));
    drop(upstream);
    browser.get(url("/admin/websocket-monitor")).send().await.expect("an answer");

    let log = program.into_log();
    assert!(log.contains("signed in") && log.contains("\"endpoint\":\"data-feed\""), "{log}");
    for secret in ["qu3ry-c4n4ry", PASSWORD, "wr0ng-c4n4ry", &id, "$argon2id$"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    assert!(log.lines().all(|line| !line.starts_with("forged")), "no line is forged");
    for entry in fs::read_dir(directory.path()).expect("a directory") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a file");
        assert!(!bytes.windows(6).any(|window| window == b"c4n4ry"), "nothing secret is stored");
    }
}

#[tokio::test]
async fn five_hundred_logins_at_once_stay_small() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::start("ws://127.0.0.1:9/", "info", directory.path());
    let client = browser();
    let attempts = (0..500).map(|n| {
        let login = client.post(format!("{}/login", program.url));
        login.form(&[("username", format!("user-{n}")), ("password", "wrong".to_owned())]).send()
    });
    let answers = join_all(attempts).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.expect("an answer").status().as_u16()).collect();
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)));
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "one address has five tries");
    let peak_mib = program.peak_memory() / 1_024 / 1_024;
    println!("500 logins at once: {peak_mib} MiB at most");
    assert!(peak_mib < 256, "{peak_mib} MiB");
}

#[tokio::test]
async fn what_a_client_sends_wrongly_is_no_error_of_ours() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::start("ws://127.0.0.1:9/", "debug", directory.path());
    let inside = browser();
    let login = inside.post(format!("{}/login", program.url)).form(&[("username", "admin"), ("password", PASSWORD)]);
    assert!(login.send().await.expect("an answer").status().is_redirection());
    // A function without arguments reads nothing.
    let functions = || calls().into_iter().filter(|(_, arguments)| *arguments != json!({}));
    for (client, status) in [(inside, 400), (browser(), 401)] {
        for (function, _) in functions() {
            for body in ["", "\u{fffd}", "\u{fffd}\u{fffd}"] {
                let call = client.post(format!("{}/api/{function}", program.url)).body(body);
                let answer = call.header("content-type", POSTCARD).send().await.expect("an answer");
                assert_eq!(answer.status(), status, "{function} {body}");
            }
        }
    }
    let log = program.into_log();
    assert_eq!(
        log.matches("\"status\":400").count() + log.matches("\"status\":401").count(),
        2 * 3 * functions().count()
    );
    assert_eq!(log.lines().find(|line| line.contains("\"level\":\"ERROR\"")), None);
}

/// What a client sends a byte at a time is kept in as many bytes: at the worst it was 4,200 times that.
#[tokio::test]
async fn dripped_bodies_cost_what_is_in_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::start("ws://127.0.0.1:9/", "info", directory.path());
    let before_mib = program.peak_memory() / 1_024 / 1_024;
    let address = program.url.strip_prefix("http://").expect("http");
    let drip = async || {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.set_nodelay(true).expect("set");
        let head = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut every = interval(Duration::from_millis(1));
        for _ in 0..4_000 {
            every.tick().await;
            stream.write_all(b"x").await.expect("sent");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    };
    join_all((0..20).map(|_| drip())).await;
    let grown_mib = program.peak_memory() / 1_024 / 1_024 - before_mib;
    println!("20 dripped bodies of 4,000 bytes: {grown_mib} MiB");
    assert!(grown_mib < 40, "{grown_mib} MiB");
}
