//! Ten thousand lost connections leave nothing behind. A program of its own, because it counts what
//! the whole process has open.

mod common;

use std::{fs, net::TcpListener as StdListener, thread, time::Duration};

use futures_util::StreamExt;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Handle},
    sync::watch,
    task::yield_now,
    time::timeout,
};
use tokio_tungstenite::accept_async;
use wsmon_manager::{Backoff, Base, ConnectionManager, ManagerConfig};
use wsmon_model::Phase;

use common::{name, soon};

const ENDPOINTS: usize = 100;
const DROPS: usize = 100;

/// A service on a runtime of its own, so that its tasks are not counted as ours.
struct Upstream {
    base: Base,
    accepted: watch::Receiver<usize>,
    drops: watch::Sender<()>,
}

impl Upstream {
    fn start() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("possible");
        let base = format!("ws://{}/", listener.local_addr().expect("an address")).parse().expect("a base URL");
        let (counter, accepted) = watch::channel(0);
        let drops = watch::Sender::default();
        let dropper = drops.clone();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        thread::spawn(move || runtime.block_on(accept(listener, counter, dropper)));
        Self { base, accepted, drops }
    }

    async fn wait_accepted(&mut self, count: usize) {
        soon("upgrades", self.accepted.wait_for(|&accepted| accepted == count)).await.expect("it runs");
    }
}

async fn accept(listener: StdListener, accepted: watch::Sender<usize>, drops: watch::Sender<()>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        tokio::spawn(serve(stream, accepted.clone(), drops.clone()));
    }
}

/// Serves a client until all are dropped, or it goes.
async fn serve(stream: TcpStream, accepted: watch::Sender<usize>, drops: watch::Sender<()>) {
    let mut dropped = drops.subscribe();
    drop(drops);
    let mut socket = accept_async(stream).await.expect("an upgrade");
    accepted.send_modify(|count| *count += 1);
    tokio::select! {
        _ = dropped.changed() => {}
        () = async { while let Some(Ok(_)) = socket.next().await {} } => {}
    }
}

/// What the process has open, and the tasks of this runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    descriptors: usize,
    tasks: usize,
}

impl Usage {
    fn now() -> Self {
        let descriptors = fs::read_dir("/proc/self/fd").expect("Linux").count();
        Self { descriptors, tasks: Handle::current().metrics().num_alive_tasks() }
    }

    /// Waits until it is this again; what has just ended may be counted for another moment.
    async fn is_back(self, when: &str) {
        let back = async {
            while Self::now() != self {
                yield_now().await;
            }
        };
        let _ = timeout(Duration::from_secs(5), back).await;
        assert_eq!(Self::now(), self, "{when}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lost_connections_leave_nothing_behind() {
    let mut upstream = Upstream::start();
    let idle = Usage::now();
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5)).expect("valid");
    let config = ManagerConfig { seed: 1, backoff, ..ManagerConfig::default() };
    let manager = ConnectionManager::new(upstream.base.clone(), config);
    let mut handles = Vec::new();
    for number in 0..ENDPOINTS {
        handles.push(manager.connect(&name(&format!("feed-{number}")), None).await.expect("connects"));
    }
    upstream.wait_accepted(ENDPOINTS).await;
    for handle in &mut handles {
        soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
    }
    // Each has a task, and one keeps the events; those that began the connections may have ended only just.
    let up = Usage { tasks: idle.tasks + ENDPOINTS + 1, ..Usage::now() };
    assert!(up.descriptors >= idle.descriptors + 2 * ENDPOINTS, "both ends of each are counted: {idle:?}, {up:?}");
    up.is_back("all connections up").await;

    for round in 1..=DROPS {
        upstream.drops.send_replace(());
        upstream.wait_accepted(ENDPOINTS * (round + 1)).await;
    }
    println!("{} connections were lost and are back", ENDPOINTS * DROPS);
    up.is_back("all connections up again").await;

    soon("shut down", manager.shutdown()).await;
    drop((manager, handles));
    idle.is_back("the manager gone").await;
}
