//! What connections cost while nothing happens but pings.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::{
    limits::most_connections,
    monitor::Monitor,
    report::Figure,
    upstream::Upstream,
    usage::{self, cpu_percent},
};

/// Four pings of each connection.
const DURING: Duration = Duration::from_secs(60);

const CONNECTIONS: u32 = 10_000;

/// How many connections several processes hold together, and in how many.
const FLEET: u32 = 50_000;
const PROCESSES: u32 = 3;

/// One process with ten thousand.
pub async fn one() -> Vec<Figure> {
    let upstream = Upstream::start(None);
    let monitor = Monitor::settled(&upstream, None, CONNECTIONS).await;
    let percent = cpu_percent(&[monitor.id()], DURING).await;
    let what = format!("CPU at rest with {CONNECTIONS} connections, pings every 15 s");
    vec![Figure::new(what, percent, "% of a core").aim(1.0)]
}

/// Several processes, each with a service of its own.
pub async fn fleet() -> Vec<Figure> {
    let each = (FLEET / PROCESSES).min(most_connections());
    let mut starting = JoinSet::new();
    for _ in 0..PROCESSES {
        starting.spawn(async move {
            let upstream = Upstream::start(None);
            (Monitor::settled(&upstream, None, each).await, upstream)
        });
    }
    let running = starting.join_all().await;
    let ids: Vec<u32> = running.iter().map(|(monitor, _)| monitor.id()).collect();
    let percent = cpu_percent(&ids, DURING).await;
    let kib: f64 = ids.iter().map(|id| usage::proportional_kib(*id)).sum();
    let what = format!("{} connections in {PROCESSES} processes", each * PROCESSES);
    vec![
        Figure::new(format!("{what}: memory in all"), kib / 1_024.0 / 1_024.0, "GiB").aim(0.45),
        Figure::new(format!("{what}: CPU in all"), percent, "% of a core").aim(6.0),
    ]
}
