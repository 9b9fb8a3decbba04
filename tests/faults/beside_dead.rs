//! Endpoints that work beside others that do not, on one host, in real time: whoever the server closes is back as fast as
//! if it were alone.
//!
//! `WSMON_SOAK` measures the same with the program's own deadline for a handshake.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    env,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::select_all};
use tokio::{
    net::TcpStream,
    sync::{Notify, broadcast},
    time::{sleep, timeout},
};
use wsmon_manager::{ConnectionHandle, ManagerConfig, STABLE_AFTER, Tcp};
use wsmon_model::Phase;

use super::{
    support::{Monitor, name, soon},
    wire::{Server, close_frame, request, send, switching_protocols, until_gone},
};

/// Endpoints that work.
const WORKING: usize = 30;

/// How many of them the server closes at a time, and how often; then all at once.
const CLOSED: usize = 6;
const ROUNDS: usize = 4;

/// What the server does with a client of an endpoint that does not work.
#[derive(Clone, Copy, Debug)]
enum Dead {
    /// It answers 503.
    Unavailable,
    /// It reads, and never answers.
    Mute,
    /// It sends the head of its answer a byte at a time.
    Drips,
}

impl Dead {
    async fn serve(self, mut stream: TcpStream) {
        match self {
            Self::Unavailable => send(&mut stream, b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n").await,
            Self::Mute => {}
            Self::Drips => {
                for byte in b"HTTP/1.1 101 Switching Protocols\r\nX-Padding: ".iter().chain([b'x'; 1_000].iter()) {
                    send(&mut stream, &[*byte]).await;
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
        until_gone(&mut stream).await;
    }
}

/// The server's side of those that work.
struct Service {
    dead: Dead,
    closes: broadcast::Sender<Vec<String>>,
    /// When each that was closed was, until it is back.
    closed: RefCell<BTreeMap<String, Instant>>,
    back_after: RefCell<Vec<Duration>>,
    back: Notify,
    live: Cell<usize>,
}

impl Service {
    fn new(dead: Dead) -> Self {
        let (closed, back_after, back, live) = Default::default();
        Self { dead, closes: broadcast::Sender::new(16), closed, back_after, back, live }
    }

    async fn serve(&self, mut stream: TcpStream) {
        let request = request(&mut stream).await;
        let path = request.split(' ').nth(1).expect("a path").to_owned();
        if !path.contains("/works-") {
            return self.dead.serve(stream).await;
        }
        let mut closes = self.closes.subscribe();
        send(&mut stream, switching_protocols(&request, "").as_bytes()).await;
        self.live.set(self.live.get() + 1);
        let closed = self.closed.borrow_mut().remove(&path);
        self.back_after.borrow_mut().extend(closed.map(|closed| closed.elapsed()));
        self.back.notify_waiters();
        tokio::select! {
            () = until_gone(&mut stream) => {}
            () = async { while !closes.recv().await.expect("orders").contains(&path) {} } => {
                send(&mut stream, &close_frame(Some(1001))).await;
                until_gone(&mut stream).await;
            }
        }
        self.live.set(self.live.get() - 1);
    }

    /// Closes some of those that work, and waits until they are back.
    async fn close(&self, which: impl Iterator<Item = usize>) {
        let paths: Vec<_> = which.map(|n| format!("/ws/works-{n}")).collect();
        let now = Instant::now();
        self.closed.borrow_mut().extend(paths.iter().map(|path| (path.clone(), now)));
        self.closes.send(paths).expect("clients to close");
        let all_back = async {
            loop {
                let back = self.back.notified();
                if self.closed.borrow().is_empty() {
                    return;
                }
                back.await;
            }
        };
        soon("all back", all_back).await;
    }
}

fn is_soak() -> bool {
    env::var_os("WSMON_SOAK").is_some()
}

async fn connect(monitor: &Monitor, endpoint: &str) -> ConnectionHandle {
    monitor.manager.connect(&name(endpoint), None).await.expect("connects")
}

/// Waits until one of those that do not work has failed once more.
async fn one_fails(dead: &mut [ConnectionHandle]) {
    let failing = dead.iter_mut().map(|handle| {
        let before = handle.state().attempt;
        handle.wait_for(move |state| state.attempt > before).boxed()
    });
    // A wait between two attempts grows to a minute.
    timeout(Duration::from_secs(150), select_all(failing)).await.expect("they are tried all the same");
}

/// Whoever is lost soon after it was back waits longer each time, on its own account. That is not measured here.
async fn be_stable() {
    sleep(STABLE_AFTER + Duration::from_secs(1)).await;
}

async fn closings_beside(count: usize, dead: Dead) {
    let server = Server::start().await;
    let service = Service::new(dead);
    let change = |config: &mut ManagerConfig, _: &Path| {
        // The server answers no pings.
        config.ping_interval = Duration::from_secs(60 * 60);
        if !is_soak() {
            // Those that hang have to fail some times before the test begins.
            config.handshake_timeout = Duration::from_secs(1);
        }
    };
    let monitor = Monitor::start_with(Tcp, &server.base(), change).await;
    let rest = async {
        let mut failing = Vec::new();
        for n in 0..count {
            failing.push(connect(&monitor, &format!("dead-{n}")).await);
        }
        let mut working = Vec::new();
        for n in 0..WORKING {
            working.push(connect(&monitor, &format!("works-{n}")).await);
        }
        for handle in &mut working {
            soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
        }
        let failures = if is_soak() { 6 } else { 4 };
        while failing.iter().any(|handle| handle.state().attempt < failures) {
            one_fails(&mut failing).await;
        }
        let rounds = if is_soak() { 5 * ROUNDS } else { ROUNDS };
        for round in 0..rounds {
            if is_soak() && (round * CLOSED).is_multiple_of(WORKING) {
                be_stable().await;
            }
            service.close((0..CLOSED).map(|n| (round * CLOSED + n) % WORKING)).await;
            assert!(!monitor.host_fails(), "the host works for others");
            one_fails(&mut failing).await;
        }
        if is_soak() {
            be_stable().await;
        }
        service.close(0..WORKING).await;
        assert_eq!(service.live.get(), WORKING);
    };
    server.during(async |stream| service.serve(stream).await, rest).await;
    let mut back_after = service.back_after.take();
    back_after.sort();
    let (median, worst) = (back_after[back_after.len() / 2], back_after[back_after.len() - 1]);
    println!(
        "beside {count} of {dead:?}: {} closings, back after {median:?} (median), {worst:?} (worst)",
        back_after.len()
    );
    assert!(back_after.len() >= ROUNDS * CLOSED + WORKING, "{back_after:?}");
    assert!(median < Duration::from_secs(2) && worst < Duration::from_secs(5), "{back_after:?}");
}

#[tokio::test]
async fn two_that_answer_503() {
    closings_beside(2, Dead::Unavailable).await;
}

#[tokio::test]
async fn ten_that_never_answer() {
    closings_beside(10, Dead::Mute).await;
}

#[tokio::test]
async fn two_that_drip_their_answer() {
    closings_beside(2, Dead::Drips).await;
}
