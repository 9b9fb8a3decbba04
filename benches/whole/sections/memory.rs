//! What a connection takes of memory: the slope of a process's resident size from few to many.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

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
const REFERENCE: u32 = 5_000;

/// What each connection receives once.
const LARGE: usize = 64 * 1_024;

/// How long after that memory may take to come back.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// Resident KiB at rest, and a minute after every connection received a large message.
type Resident = [f64; 2];

pub async fn run() -> Vec<Figure> {
    let many = MANY.min(most_connections());
    let between = format!("KiB a connection, slope of {FEW} to {many}");
    let [bare, tungstenite] = Kind::BOTH.map(|kind| slopes(REFERENCE, move |count| reference(kind, count)));
    let (bare, tungstenite) = (bare.await, tungstenite.await);
    let [plain, plain_after] = slopes(many, |count| program(None, count)).await;
    let certificates = Arc::new(Certificates::make());
    let [tls, tls_after] = slopes(many, |count| program(Some(Arc::clone(&certificates)), count)).await;
    let after = "a minute after 64 KiB each";
    vec![
        Figure::new(format!("{between}, idle"), plain, "KiB").aim(7.5).between([bare[0], tungstenite[0]]),
        Figure::new(format!("the same {after}"), plain_after, "KiB").aim(15.0).between([bare[1], tungstenite[1]]),
        Figure::new("the same over TLS, idle", tls, "KiB").aim(16.0),
        Figure::new(format!("the same over TLS, {after}"), tls_after, "KiB").aim(32.0),
    ]
}

/// The slopes of both measures. Two processes run at a time: their sizes do not depend on each other.
async fn slopes<F>(many: u32, resident: impl Fn(u32) -> F) -> Resident
where
    F: Future<Output = Resident> + Send + 'static,
{
    let [few_kib, many_kib] = [FEW, many].map(|count| tokio::spawn(resident(count)));
    let (few_kib, many_kib) = tokio::try_join!(few_kib, many_kib).expect("no panic");
    [0, 1].map(|measure| (many_kib[measure] - few_kib[measure]) / f64::from(many - FEW))
}

async fn program(certificates: Option<Arc<Certificates>>, connections: u32) -> Resident {
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

async fn reference(kind: Kind, connections: u32) -> Resident {
    let mut upstream = Upstream::start(None);
    let mut client = kind.start();
    client.connect(upstream.address, connections);
    sleep(Duration::from_secs(1)).await;
    let idle = usage::resident_kib(client.id());
    upstream.send_each(LARGE);
    sleep(AFTERWARDS).await;
    [idle, usage::resident_kib(client.id())]
}
