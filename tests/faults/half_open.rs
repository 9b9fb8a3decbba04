//! A server whose process is stopped: its kernel still accepts and acknowledges what nobody reads. And one that takes nothing
//! any more while we write.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};
use tokio::net::TcpStream;
use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions};

use super::{
    outcome::Expected,
    support::{FEED, Monitor, name, soon},
    wire::{Server, send, text, upgrade},
};

/// The program with the demo's feeds, which are here the server; killed when dropped.
struct Demo {
    child: Child,
    /// Held, so that the program can go on logging.
    _log: BufReader<ChildStderr>,
}

impl Demo {
    fn start(base: &str, directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_websocket-monitor"))
            .args(["--without-page-files", "--demo", "--listen", "127.0.0.1:0", "--base-url", base, "--data-dir"])
            .arg(directory)
            .env("WSMON_ADMIN_PASSWORD", "correct horse battery staple")
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("listening") {
            line.clear();
            assert_ne!(log.read_line(&mut line).expect("text"), 0, "it ended");
        }
        Self { child, _log: log }
    }

    /// Stops it where it is.
    fn stop(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).expect("it runs");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It cannot have ended while it is stopped; if it has before, there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn stopped_process() {
    let vacant = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let base = format!("ws://{vacant}/ws/");
    let directory = tempfile::tempdir().expect("a directory");
    let demo = Demo::start(&base, directory.path());
    let monitor = Monitor::start(&base).await;
    let options =
        ConnectionOptions { ping_interval_ms: Some(100), pong_timeout_ms: Some(500), ..ConnectionOptions::default() };
    let mut handle = monitor.connect(options).await;
    let mut messages = monitor.manager.subscribe(&monitor.feed().endpoint).expect("it is there");
    soon("the feed", messages.recv()).await.expect("a message");
    demo.stop();
    soon("noticed", handle.wait_for(|state| state.failure.is_some())).await;
    let text = "The server did not answer a ping within 0.5 s, although the connection looked open.";
    monitor.outcome().await.check(&Expected::waiting(Cause::PongTimeout, text).once_open());
}

/// It goes on sending, so it is not dead by its pongs; the operating system gives up what it does not take.
#[tokio::test]
async fn nothing_is_taken_any_more_while_we_write() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let options =
        ConnectionOptions { ping_interval_ms: Some(500), pong_timeout_ms: Some(1_500), ..ConnectionOptions::default() };
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        let mut pace = tokio::time::interval(Duration::from_millis(400));
        loop {
            pace.tick().await;
            send(&mut stream, &text("news")).await;
        }
    };
    let dead = async {
        let mut handle = monitor.connect(options).await;
        soon("connected", handle.settled()).await;
        // More than the system holds for a connection.
        while monitor.manager.send(&name(FEED), Message::text("x".repeat(250_000))).await.is_ok() {}
        soon("noticed", handle.wait_for(|state| state.failure.is_some())).await;
    };
    server.during(script, dead).await;
    let outcome = monitor.outcome().await;
    let text =
        "The path to the service went dead: what was sent was not acknowledged in time. Something on the way drops";
    outcome.check(&Expected::waiting(Cause::ConnectionLost, text).once_open());
    assert_eq!(outcome.evidence.and_then(|evidence| evidence.errno), Some(Errno::TIMEDOUT.raw_os_error()));
}
