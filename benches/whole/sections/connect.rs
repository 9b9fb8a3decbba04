//! From the start of the process until ten thousand are connected.

use std::time::{Duration, Instant};

use crate::{
    monitor::{Monitor, Prepared},
    reference::Kind,
    report::Figure,
    upstream::{Certificates, Upstream},
    usage::cpu,
};

const CONNECTIONS: u32 = 10_000;

/// Runs, of which the median counts.
const RUNS: usize = 3;

pub async fn run() -> Vec<Figure> {
    let (prepared, certificates) = (Prepared::with(CONNECTIONS, true).await, Certificates::make());
    let plain = program(&prepared, None).await;
    let tls = program(&prepared, Some(&certificates)).await;
    let references = [reference(Kind::Bare), reference(Kind::Tungstenite)];
    let what = format!("{CONNECTIONS} connected after the start of the process, no pacing");
    vec![
        Figure::new(what, plain.after, "s").aim(1.2).between(references),
        Figure::new("the same over TLS", tls.after, "s").aim(6.0),
        Figure::new("CPU of the program until then, plain", plain.cpu, "s"),
        Figure::new("CPU of the program until then, TLS", tls.cpu, "s"),
    ]
}

/// Seconds until all are connected, and seconds of a processor, which say more where others use the machine as well.
struct Took {
    after: f64,
    cpu: f64,
}

async fn program(prepared: &Prepared, certificates: Option<&Certificates>) -> Took {
    let (mut after, mut spent) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let upstream = Upstream::start(certificates);
        let (monitor, took) = Monitor::connected(&upstream, certificates, prepared).await;
        after.push(took);
        spent.push(cpu(monitor.id()));
    }
    Took { after: median(after), cpu: median(spent) }
}

fn reference(kind: Kind) -> f64 {
    let mut took = Vec::new();
    for _ in 0..RUNS {
        let upstream = Upstream::start(None);
        let began = Instant::now();
        kind.start().connect(upstream.address, CONNECTIONS);
        took.push(began.elapsed());
    }
    median(took)
}

fn median(mut took: Vec<Duration>) -> f64 {
    took.sort();
    took[took.len() / 2].as_secs_f64()
}
