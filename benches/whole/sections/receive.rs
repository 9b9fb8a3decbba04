//! Messages that come as fast as they are taken: how many for each second of the processor, and whether all were counted.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::{
    monitor::Monitor,
    reference::Kind,
    report::Figure,
    upstream::Upstream,
    usage::{self, cpu},
};

const CONNECTIONS: u32 = 100;

/// The size of a message.
const BYTES: usize = 64;

/// From when on the flood is as it stays.
const WARM_AFTER: Duration = Duration::from_secs(2);
const DURING: Duration = Duration::from_secs(10);

/// How long what was sent may take to be counted once the flood is over.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn run() -> Vec<Figure> {
    let bare = reference(Kind::Bare).await;
    let tungstenite = reference(Kind::Tungstenite).await;
    let mut upstream = Upstream::start(None);
    let monitor = Monitor::settled(&upstream, None, CONNECTIONS).await;
    upstream.flood(BYTES);
    sleep(WARM_AFTER).await;
    let (began, before) = (Instant::now(), (monitor.messages_received().await, cpu(monitor.id())));
    sleep(DURING).await;
    let after = (monitor.messages_received().await, cpu(monitor.id()));
    let percent = (after.1 - before.1).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let sent = upstream.stop();
    let missing = sent.abs_diff(counted(&monitor, sent).await);
    let what = format!("messages of {BYTES} B on {CONNECTIONS} connections, for each second of a core");
    vec![
        Figure::new(what, per_core(before, after) / 1e6, "million").aim(4.0).between([bare / 1e6, tungstenite / 1e6]),
        Figure::new("messages that were counted wrongly", usage::whole(missing), "").aim(0.0),
        Figure::new("CPU that the program had meanwhile", percent, "% of a core"),
    ]
}

/// Messages counted for each second of a processor, between two moments.
fn per_core(before: (u64, Duration), after: (u64, Duration)) -> f64 {
    usage::whole(after.0 - before.0) / (after.1 - before.1).as_secs_f64()
}

/// The messages that the program has counted once it has all of them, or after a while.
async fn counted(monitor: &Monitor, sent: u64) -> u64 {
    let all = async {
        while monitor.messages_received().await != sent {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let _ = timeout(PATIENCE, all).await;
    monitor.messages_received().await
}

async fn reference(kind: Kind) -> f64 {
    let mut upstream = Upstream::start(None);
    let mut client = kind.start();
    client.connect(upstream.address, CONNECTIONS);
    upstream.flood(BYTES);
    sleep(WARM_AFTER).await;
    let before = (client.received(), cpu(client.id()));
    sleep(DURING).await;
    per_core(before, (client.received(), cpu(client.id())))
}
