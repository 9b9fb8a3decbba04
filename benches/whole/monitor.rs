//! The program with a store that was filled before, and an administrator of it.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use wsmon_model::{ConnectionList, ListAnswer, ListQuery, PER_PAGE, Sort, SortKey, Summary};

use crate::{
    filled_store::fill_store,
    program::{Admin, Program},
    program_file::program_file,
    upstream::{CA_FILE, Certificates, Upstream},
    usage,
};

/// Above what any bench needs, so that the pace of attempts is the machine's.
const NO_PACING: &str = "1000000";

/// How long all may take to connect.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often it is asked how many are connected.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// From when on a process counts as at rest: a ping of each connection is past, and what happened at the start is written.
const SETTLED_AFTER: Duration = Duration::from_secs(20);

/// A data directory with a store that has endpoints in it, to start programs on copies of.
pub struct Prepared {
    data_dir: TempDir,
    endpoints: u32,
}

impl Prepared {
    /// Makes one with that many endpoints, on or off.
    pub async fn with(endpoints: u32, on: bool) -> Self {
        // Nothing is measured meanwhile, and in memory each of the many commits takes no time.
        let in_memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let data_dir = in_memory.expect("a directory");
        fill_store(data_dir.path(), endpoints, on).await;
        Self { data_dir, endpoints }
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a directory");
        for entry in fs::read_dir(self.data_dir.path()).expect("a directory") {
            let file = entry.expect("a file");
            fs::copy(file.path(), copy.path().join(file.file_name())).expect("room");
        }
        copy
    }
}

/// A running program with connections to a service.
pub struct Monitor {
    pub program: Program,
    pub admin: Admin,
    /// When its process was begun.
    began: Instant,
    _data_dir: TempDir,
}

impl Monitor {
    /// Starts the program on a copy of a store, whose endpoints lie below a base URL.
    pub async fn start(base_url: &str, certificates: Option<&Certificates>, prepared: &Prepared) -> Self {
        let data_dir = prepared.copy();
        let mut command = Command::new(program_file());
        command.args(["--connect-rate", NO_PACING]);
        if let Some(certificates) = certificates {
            let file = data_dir.path().join("config.toml");
            let trust = format!("[service.default.options]\nca_file = \"{CA_FILE}\"\n");
            fs::write(&file, trust).expect("room");
            command.arg("--config").arg(file).args(["--secrets-dir", certificates.directory()]);
        }
        let began = Instant::now();
        let program = Program::start_as(command, base_url, data_dir.path());
        let admin = Admin::sign_in(&program).await;
        Self { program, admin, began, _data_dir: data_dir }
    }

    /// The same, and waits until all of them are connected: how long after the process was begun they were.
    pub async fn connected(
        upstream: &Upstream,
        certificates: Option<&Certificates>,
        prepared: &Prepared,
    ) -> (Self, Duration) {
        let monitor = Self::start(&upstream.base_url(), certificates, prepared).await;
        let count = prepared.endpoints;
        let all = async {
            while monitor.summary().await.connected != count {
                sleep(LOOK_EVERY).await;
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            panic!("after {PATIENCE:?} not all are connected: {:?}", monitor.summary().await);
        }
        let took = monitor.began.elapsed();
        (monitor, took)
    }

    /// Starts it on a store of its own with that many connections to a service, waits until all are connected, and then
    /// until nothing is left of the start.
    pub async fn settled(upstream: &Upstream, certificates: Option<&Certificates>, count: u32) -> Self {
        let (monitor, _) = Self::connected(upstream, certificates, &Prepared::with(count, true).await).await;
        sleep(SETTLED_AFTER).await;
        monitor
    }

    pub async fn summary(&self) -> Summary {
        self.admin.done(&self.program, "load_summary", json!({})).await.json().await.expect("a summary")
    }

    /// A page of the list.
    async fn list(&self, query: &ListQuery) -> ConnectionList {
        let answer = self.admin.done(&self.program, "list_connections", json!({ "query": query })).await;
        answer.json::<ListAnswer>().await.expect("an answer").over(ConnectionList::default())
    }

    /// The messages of the connection that received fewest.
    pub async fn fewest_messages(&self) -> u64 {
        let fewest_first = Sort { key: SortKey::Messages, reversed: true };
        self.list(&ListQuery { sort: fewest_first, ..ListQuery::default() }).await.rows[0].messages_received
    }

    /// The messages that all connections received.
    pub async fn messages_received(&self) -> u64 {
        let (mut messages, mut query) = (0, ListQuery::default());
        loop {
            let list = self.list(&query).await;
            messages += list.rows.iter().map(|row| row.messages_received).sum::<u64>();
            query.page += 1;
            if query.page * PER_PAGE >= list.matching {
                return messages;
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.program.id()
    }

    pub fn resident_kib(&self) -> f64 {
        usage::resident_kib(self.id())
    }
}
