//! A full disk: connections stay up, nothing can be changed, and all is well again once there is room.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Response, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{interval, timeout};
use websocket_monitor::error::AppError;
use wsmon_model::Phase;

use crate::{
    program::{self, Admin, Program},
    upstream::{Heard, Upstream},
};

/// A small disk of our own, in a mount namespace of its own that lives as long as this.
struct SmallDisk {
    directory: TempDir,
    holder: Child,
}

impl SmallDisk {
    /// Mounts it; where that is not allowed, tells why.
    fn mount() -> Result<Self, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c"])
            .args(["mount -t tmpfs -o size=1m none \"$0\" && echo mounted && exec cat"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let mut answer = String::new();
        BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut answer).expect("text");
        if answer.is_empty() {
            holder.stderr.take().expect("piped").read_to_string(&mut answer).expect("text");
            holder.wait().expect("ended");
            return Err(answer);
        }
        Ok(Self { directory, holder })
    }

    /// A command that starts the program inside, where the disk is.
    fn command(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--preserve-credentials", "--user", "--mount", "--target", &self.holder.id().to_string()]);
        command.arg(concat!("--wd=", env!("CARGO_MANIFEST_DIR"))).arg(crate::program_file());
        command
    }

    /// Starts the program inside.
    fn start(&self, base_url: &str) -> Program {
        Program::start_as(self.command(), base_url, self.directory.path())
    }

    /// A file on the disk, as it is reached from outside.
    fn filler(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.directory.path().strip_prefix("/").expect("absolute")).join("filler")
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut filler = fs::File::create(self.filler()).expect("a file");
        let error = io::copy(&mut io::repeat(0), &mut filler).expect_err("the disk has an end");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    fn clear(&self) {
        fs::remove_file(self.filler()).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It ends with the namespace either way.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

async fn assert_full(answer: Response) {
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(answer.json::<AppError>().await.expect("an error"), AppError::DiskFull);
}

/// The names and phases that are listed, and whether the disk is said to be full.
async fn listed(admin: &Admin, program: &Program) -> (Vec<(String, Phase)>, bool) {
    let list = admin.list(program).await;
    (list.rows.iter().map(|row| (row.endpoint.to_string(), row.phase)).collect(), list.disk_full)
}

#[tokio::test]
async fn a_full_disk_stops_changes_but_no_connection_and_passes_by_itself() {
    let disk = match SmallDisk::mount() {
        Ok(disk) => disk,
        Err(reason) => {
            // Not `eprintln!`, which is shown only of tests that fail.
            writeln!(io::stderr(), "SKIPPED the full disk: none can be mounted here: {reason}").expect("stderr");
            return;
        }
    };
    let mut upstream = Upstream::start().await;
    let program = disk.start(&upstream.base_url);
    let admin = Admin::sign_in(&program).await;
    for endpoint in ["first", "second"] {
        assert_eq!(admin.connect(&program, endpoint, true).await.phase, Phase::Connected);
        assert!(matches!(upstream.hear().await, Heard::Upgrade(..)));
    }
    let both_up = vec![("first".to_owned(), Phase::Connected), ("second".to_owned(), Phase::Connected)];

    disk.fill();
    for (function, arguments) in [
        ("change_connection", json!({ "endpoint": "too-late", "kind": { "Connect": true } })),
        ("change_connection", json!({ "endpoint": "first", "kind": "Disconnect" })),
        ("change_connection", json!({ "endpoint": "second", "kind": { "AutoReconnect": false } })),
        ("change_connection", json!({ "endpoint": "second", "kind": "Remove" })),
    ] {
        assert_full(admin.call(&program.url, function, &arguments).await.expect("an answer")).await;
    }
    assert_eq!(listed(&admin, &program).await, (both_up.clone(), true));
    assert_eq!(admin.get(&program, "/admin").await.status(), StatusCode::OK, "still signed in");
    let heard = upstream.heard();
    assert!(heard.is_none(), "nothing happened to a connection, not {heard:?}");

    disk.clear();
    timeout(Duration::from_secs(5), until_there_is_room(&admin, &program)).await.expect("it sees that there is room");
    assert_eq!(admin.connect(&program, "third", true).await.phase, Phase::Connected);
    let mut all_up = both_up;
    all_up.push(("third".to_owned(), Phase::Connected));
    assert_eq!(listed(&admin, &program).await, (all_up, false));

    assert!(program.terminate().await.success());
    let program = disk.start(&upstream.base_url);
    let (rows, _) = listed(&admin, &program).await;
    let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);

    assert!(program.terminate().await.success());
    disk.fill();
    let output = program::told(&mut disk.command(), &upstream.base_url, disk.directory.path()).output().expect("runs");
    assert_eq!((output.status.code(), &*output.stderr), (Some(1), &b"error: the disk is full\n"[..]), "no damage");
}

async fn until_there_is_room(admin: &Admin, program: &Program) {
    let mut looks = interval(Duration::from_millis(100));
    while listed(admin, program).await.1 {
        looks.tick().await;
    }
}
