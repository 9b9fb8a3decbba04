//! SIGKILL in the middle of writes: whatever was acknowledged is there afterwards.

use std::{collections::BTreeMap, env, path::Path};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{sync::mpsc, task::JoinSet};
use wsmon_model::{Connection, Phase};

use crate::{
    STORE,
    common::{name, soon},
    program::{Admin, Program},
    upstream::vacant,
};

/// Endpoints that are changed at the same time.
const ENDPOINTS: u64 = 12;

/// The program is killed after at most this many changes.
const MOST_CHANGES: u32 = 80;

/// What is wanted of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    on: bool,
    auto_reconnect: bool,
}

impl Wanted {
    /// What a listed connection tells, be it about to be tried or tried in vain.
    fn of(connection: &Connection) -> Self {
        // Turned off by an administrator it has no cause; off for want of auto reconnect it has one.
        let off = connection.phase == Phase::Off && connection.cause.is_none();
        Self { on: !off, auto_reconnect: connection.auto_reconnect }
    }
}

/// An endpoint, changed by one call after the other.
struct Endpoint {
    name: String,
    rng: SmallRng,
    /// What was acknowledged last; none for removed.
    wanted: Option<Wanted>,
    /// What the call under way is to make of it.
    under_way: Option<Option<Wanted>>,
}

impl Endpoint {
    fn new(number: u64) -> Self {
        let rng = SmallRng::seed_from_u64(number);
        Self { name: format!("feed-{number}"), rng, wanted: None, under_way: None }
    }

    /// A call that changes it, and what is wanted of it then.
    fn change(&mut self) -> (&'static str, Value, Option<Wanted>) {
        let (endpoint, enabled) = (&self.name, self.rng.random());
        match (self.wanted, self.rng.random_range(0..4)) {
            (Some(wanted), 1) => (
                "change_connection",
                json!({ "endpoint": endpoint, "kind": "Disconnect" }),
                Some(Wanted { on: false, ..wanted }),
            ),
            (Some(wanted), 2) => {
                let after = Wanted { auto_reconnect: enabled, ..wanted };
                (
                    "change_connection",
                    json!({ "endpoint": endpoint, "kind": { "AutoReconnect": enabled } }),
                    Some(after),
                )
            }
            (Some(_), 3) => ("change_connection", json!({ "endpoint": endpoint, "kind": "Remove" }), None),
            _ => {
                let after = Wanted { on: true, auto_reconnect: enabled };
                ("change_connection", json!({ "endpoint": endpoint, "kind": { "Connect": enabled } }), Some(after))
            }
        }
    }

    /// Changes it again and again until the program is gone.
    async fn change_until_the_end(mut self, admin: Admin, url: String, done: mpsc::UnboundedSender<()>) -> Self {
        loop {
            let (function, arguments, after) = self.change();
            self.under_way = Some(after);
            let Ok(answer) = admin.call(&url, function, &arguments).await else { return self };
            assert!(answer.status().is_success(), "{function} {arguments}: {}", answer.status());
            (self.wanted, self.under_way) = (after, None);
            // Nobody counts any more once the program is being killed.
            let _ = done.send(());
        }
    }

    /// Compares with what is there after a new start; whether an unacknowledged change is.
    fn compare(&mut self, found: Option<Wanted>) -> bool {
        let (acknowledged, under_way) = (self.wanted, self.under_way.take());
        assert!(
            found == acknowledged || Some(found) == under_way,
            "{}: {found:?}, not {acknowledged:?} as acknowledged; under way was {under_way:?}",
            self.name
        );
        self.wanted = found;
        found != acknowledged
    }
}

#[derive(Debug, Default)]
struct Totals {
    acknowledged: u32,
    under_way: usize,
    /// Of those under way, changes that were kept although nobody was told.
    kept_untold: usize,
    /// Changes that were kept, with their entries in the audit log, when it was not yet written down what came of them.
    cut_short: usize,
}

/// Starts the program and kills it after so many changes with others under way.
async fn kill_after(changes: u32, admin: &Admin, program: Program, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    let (done, mut all_done) = mpsc::unbounded_channel();
    let mut workers = JoinSet::new();
    for endpoint in endpoints {
        workers.spawn(endpoint.change_until_the_end(admin.clone(), program.url.clone(), done.clone()));
    }
    for _ in 0..changes {
        soon("a change", all_done.recv()).await.expect("somebody changes something");
    }
    drop(program);
    soon("the last call to fail", workers.join_all()).await
}

async fn check_integrity(data_dir: &Path) {
    let options = SqliteConnectOptions::new().filename(data_dir.join(STORE));
    let mut store = SqliteConnection::connect_with(&options).await.expect("opens");
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut store).await.expect("an answer");
    assert_eq!(verdict, "ok");
    store.close().await.expect("closes");
}

/// Which endpoints the audit log tells of, each with whether it is on: what it is told to do, in turn. Counts the entries
/// whose operation was cut short.
async fn audited(data_dir: &Path, cut_short: &mut usize) -> BTreeMap<String, bool> {
    let options = SqliteConnectOptions::new().filename(data_dir.join(STORE));
    let mut store = SqliteConnection::connect_with(&options).await.expect("opens");
    let query = sqlx::query_as("SELECT action, object, outcome, detail FROM audit ORDER BY id");
    let entries: Vec<(String, String, String, String)> = query.fetch_all(&mut store).await.expect("rows");
    store.close().await.expect("closes");
    *cut_short = entries.iter().filter(|entry| entry.3.starts_with("The monitor ended")).count();
    let mut endpoints = BTreeMap::new();
    for (action, object, outcome, _) in entries {
        assert!(outcome == "done" || outcome == "failed", "{action} {object}: {outcome}");
        match action.as_str() {
            "connect" => drop(endpoints.insert(object, true)),
            "disconnect" => drop(endpoints.insert(object, false)),
            "remove" => drop(endpoints.remove(&object)),
            _ => {}
        }
    }
    endpoints
}

#[tokio::test]
async fn what_was_acknowledged_survives_sigkill() {
    let kills = if env::var_os("WSMON_SOAK").is_some() { 200 } else { 25 };
    let data_dir = tempfile::tempdir().expect("a directory");
    let base_url = vacant().await;
    let mut rng = SmallRng::seed_from_u64(1);
    let mut endpoints: Vec<Endpoint> = (0..ENDPOINTS).map(Endpoint::new).collect();
    let mut totals = Totals::default();
    let mut program = Program::start(&base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    for _ in 0..kills {
        let changes = rng.random_range(1..=MOST_CHANGES);
        endpoints = kill_after(changes, &admin, program, endpoints).await;
        totals.acknowledged += changes;
        totals.under_way += endpoints.iter().filter(|endpoint| endpoint.under_way.is_some()).count();

        program = Program::start(&base_url, data_dir.path());
        // The session was acknowledged as well.
        let list = admin.list(&program).await;
        let mut found: BTreeMap<_, _> = list.rows.iter().map(|row| (row.endpoint.clone(), Wanted::of(row))).collect();
        let on: BTreeMap<_, _> = found.iter().map(|(name, wanted)| (name.to_string(), wanted.on)).collect();
        assert_eq!(audited(data_dir.path(), &mut totals.cut_short).await, on, "the audit log and what is kept");
        for endpoint in &mut endpoints {
            totals.kept_untold += usize::from(endpoint.compare(found.remove(&name(&endpoint.name))));
        }
        assert!(found.is_empty(), "nobody asked for {found:?}");
        check_integrity(data_dir.path()).await;
    }
    println!("{kills} kills: {totals:?}, none lost");
    assert!(totals.cut_short > 0, "no kill came between a change and its outcome: {totals:?}");
    assert!(totals.under_way >= kills, "the kills came between the writes, not in the middle: {totals:?}");
}
