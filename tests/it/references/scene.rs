//! The program with much that nobody may read or reach in the way of an administrator.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use super::FEED;
use crate::{
    canary::Parrot,
    support::soon,
    watched::{CANARY, Watched, assert_without},
};

/// The program, a service of the operator's, and what nobody may read or reach.
pub struct Scene {
    pub monitor: Watched,
    parrot: Parrot,
    decoy: TcpListener,
    pub outer: TempDir,
    pub tries: usize,
}

/// A secrets directory with ways out of it, and with what is no secret.
fn lay_out(outer: &Path) {
    let secrets = outer.join("secrets");
    fs::create_dir_all(secrets.join("sub")).expect("made");
    fs::write(outer.join("outside"), "c4n4ry-outside\n").expect("written");
    for (target, link) in [("outside", "link"), ("", "up"), ("gone", "dangling")] {
        symlink(outer.join(target), secrets.join(link)).expect("linked");
    }
    symlink("/proc/self/environ", secrets.join("environ")).expect("linked");
    symlink("/proc/self/fd", secrets.join("fd")).expect("linked");
    assert!(Command::new("mkfifo").arg(secrets.join("pipe")).status().expect("runs").success());
    fs::write(secrets.join("inside"), "ann:t0ken\n").expect("written");
    fs::write(secrets.join("no.pem"), "c4n4ry-no-certificate\n").expect("written");
    fs::write(secrets.join("large"), vec![b'x'; 1024 * 1024 + 1]).expect("written");
}

impl Scene {
    pub async fn start() -> Self {
        let outer = tempfile::tempdir().expect("a directory");
        lay_out(outer.path());
        let decoy = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let parrot = Parrot::start().await;
        let monitor = Watched::start(&parrot.base(), |command| {
            command.arg("--secrets-dir").arg(outer.path().join("secrets"));
            command.envs([("OTHER", "c4n4ry-other"), ("WSMON_OTHER", "c4n4ry-wsmon"), ("WSMON_SECRET_X", "inside")]);
        })
        .await;
        let scene = Self { monitor, parrot, decoy, outer, tries: 0 };
        assert!(scene.monitor.connect(FEED).await.contains("\"connected\""));
        scene
    }

    pub fn decoy(&self) -> String {
        self.decoy.local_addr().expect("an address").to_string()
    }

    /// Names of files and variables of which none may be read.
    pub fn names(&self) -> Vec<String> {
        let (outside, decoy) = (self.outer.path().join("outside"), self.decoy());
        let secrets = self.outer.path().join("secrets");
        let files = [
            "",
            ".",
            "..",
            "/",
            "../outside",
            "x/../../outside",
            "sub/../../outside",
            "./../outside",
            "link",
            "up/outside",
            "up/secrets/../outside",
            "dangling",
            "environ",
            "fd/0",
            "pipe",
            "sub",
            "large",
            "gone",
            "../gone",
            "inside/",
            "inside\0",
            "/etc/passwd",
            "//etc/passwd",
            "/proc/self/environ",
            "/proc/self/cmdline",
            "/dev/stdin",
            "~/.netrc",
            "%2e%2e/outside",
            "..\\outside",
            "*",
        ];
        let mut names: Vec<_> = files.iter().map(|name| format!("file:{name}")).collect();
        names.extend([
            format!("file:{}", outside.display()),
            format!("file://{}", outside.display()),
            format!("file:{}/../outside", secrets.display()),
            format!("file:http://{decoy}/"),
            format!("file://{decoy}/"),
        ]);
        let variables =
            ["HOME", "PATH", "OTHER", "WSMON_OTHER", "WSMON_ADMIN_PASSWORD", "WSMON_SECRET_", "WSMON_SECRET_GONE"];
        names.extend(variables.map(|name| format!("env:{name}")));
        names.extend(
            ["", "wsmon_secret_x", "WSMON_SECRET_X=", "WSMON_SECRET_X ;OTHER", "$OTHER"]
                .map(|name| format!("env:{name}")),
        );
        names
    }

    /// Options that are refused beside this field, and of which nothing is told.
    pub async fn refused(&mut self, field: &str, options: &Value) {
        self.tries += 1;
        let saved = self.monitor.save(FEED, options, &[]).await;
        let told = saved.problem().map(|(field, _)| field);
        assert_eq!((saved.status, told), (422, Some(field)), "{options}: {}", saved.page);
        assert_without(&saved.page, &[CANARY]);
    }

    /// Options that mean nothing but themselves: with them the feed connects to its own service.
    pub async fn harmless(&mut self, options: &Value, besides: &[(&str, &str)]) {
        self.tries += 1;
        let saved = self.monitor.save(FEED, options, besides).await;
        assert_eq!(saved.status, 303, "{options} {besides:?}: {}", saved.page);
        let shown = self.monitor.call("load_options", json!({ "endpoint": FEED })).await;
        assert!(besides.iter().all(|(_, value)| !shown.contains(value)), "{shown}");
        assert!(self.monitor.connect(FEED).await.contains("\"connected\""), "{options} {besides:?}");
    }

    /// Nobody came to the decoy, the service was told nothing, and nothing is seen of it anywhere.
    pub async fn end(self, least: usize) {
        let own = format!("\"host\": \"{}\"", self.parrot.host());
        let heard = self.parrot.heard();
        let requests: Vec<_> = heard.lines().filter(|line| line.contains("sec-websocket-key")).collect();
        assert!(requests.iter().all(|request| request.contains(&own)), "{heard}");
        assert_without(&heard, &[CANARY, "/root", "/home"]);
        self.monitor.seen(FEED).await;
        let (outer, address) = (self.outer, self.decoy.local_addr().expect("an address"));
        self.monitor.end(&[CANARY]);
        // A listener's queue keeps its order: if ours comes out first, nobody came before it.
        let ours = TcpStream::connect(address).await.expect("connects");
        let (_, first) = soon("our own connection", self.decoy.accept()).await.expect("a client");
        assert_eq!(first, ours.local_addr().expect("an address"), "somebody reached the decoy");
        println!("{} tries, {} requests to the service", self.tries, requests.len());
        assert!(self.tries >= least, "{}", self.tries);
        drop(outer);
    }
}
