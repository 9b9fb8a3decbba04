//! From the start of the process until ten thousand are connected.

use std::time::{Duration, Instant};

use crate::{
    monitor::{Monitor, Prepared},
    reference::Kind,
    report::Figure,
    upstream::{Certificates, Upstream},
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
        Figure::new(what, plain, "s").aim(1.2).between(references),
        Figure::new("the same over TLS", tls, "s").aim(6.0),
    ]
}

async fn program(prepared: &Prepared, certificates: Option<&Certificates>) -> f64 {
    let mut took = Vec::new();
    for _ in 0..RUNS {
        let upstream = Upstream::start(certificates);
        took.push(Monitor::connected(&upstream, certificates, prepared).await.1);
    }
    median(took)
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
