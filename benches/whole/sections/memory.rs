//! What a connection takes of memory: the slope of a process's resident size from few to many.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::sleep};

use crate::{
    limits::most_connections,
    monitor::Monitor,
    reference::Kind,
    report::Figure,
    upstream::{Certificates, Upstream},
    usage,
};

/// The slope's lower end.
const FEW: u32 = 1_000;

/// The slope's upper end, unless the limit on open files is too low for it.
const MANY: u32 = 19_000;

/// The references' upper end: tungstenite's default takes gigabytes for more.
const REFERENCE: usize = 5_000;

/// What each connection receives once.
const LARGE: usize = 64 * 1_024;

/// How long after that memory may take to come back.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// Resident KiB at rest, and a minute after every connection received a large message.
type Resident = [f64; 2];

pub async fn run() -> Vec<Figure> {
    let many = MANY.min(most_connections());
    let between = format!("KiB a connection, slope of {FEW} to {many}");
    // Two processes at a time: their sizes do not depend on each other.
    let references = [Kind::Bare, Kind::Tungstenite].map(|kind| tokio::spawn(reference(kind)));
    let [bare, tungstenite] = both(references).await;
    let [plain, plain_after] = slopes(None, many).await;
    let [tls, tls_after] = slopes(Some(Arc::new(Certificates::make())), many).await;
    let after = "a minute after 64 KiB each";
    vec![
        Figure::new(format!("{between}, idle"), plain, "KiB").aim(7.5).between([bare[0], tungstenite[0]]),
        Figure::new(format!("the same {after}"), plain_after, "KiB").aim(15.0).between([bare[1], tungstenite[1]]),
        Figure::new("the same over TLS, idle", tls, "KiB").aim(16.0),
        Figure::new(format!("the same over TLS, {after}"), tls_after, "KiB").aim(32.0),
    ]
}

/// The slopes of the program's two measures.
async fn slopes(certificates: Option<Arc<Certificates>>, many: u32) -> Resident {
    let runs = [FEW, many].map(|connections| tokio::spawn(resident(certificates.clone(), connections)));
    let [few_kib, many_kib] = both(runs).await;
    [0, 1].map(|measure| (many_kib[measure] - few_kib[measure]) / f64::from(many - FEW))
}

async fn both([one, other]: [JoinHandle<Resident>; 2]) -> [Resident; 2] {
    let (one, other) = tokio::try_join!(one, other).expect("no panic");
    [one, other]
}

async fn resident(certificates: Option<Arc<Certificates>>, connections: u32) -> Resident {
    let certificates = certificates.as_deref();
    let mut upstream = Upstream::start(certificates);
    let monitor = Monitor::settled(&upstream, certificates, connections).await;
    let idle = monitor.resident_kib();
    upstream.send_each(LARGE);
    sleep(AFTERWARDS).await;
    let after = monitor.resident_kib();
    // Asked only now, as the answer itself takes memory.
    assert_eq!(monitor.fewest_messages().await, 1, "every connection received its message");
    [idle, after]
}

/// The slopes of a reference, from no connections at all.
async fn reference(kind: Kind) -> Resident {
    let mut upstream = Upstream::start(None);
    let address: SocketAddr = upstream.address;
    let mut client = kind.start();
    client.received();
    let none = usage::resident_kib(client.id());
    client.connect(address, REFERENCE);
    sleep(Duration::from_secs(1)).await;
    let idle = usage::resident_kib(client.id());
    upstream.send_each(LARGE);
    sleep(AFTERWARDS).await;
    let after = usage::resident_kib(client.id());
    [idle, after].map(|kib| (kib - none) / usage::whole(REFERENCE as u64))
}
