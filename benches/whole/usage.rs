//! What a process takes of the machine, as the kernel counts it.

use std::time::{Duration, Instant};

use procfs::process::Process;
use tokio::time::sleep;

fn process(id: u32) -> Process {
    Process::new(i32::try_from(id).expect("an id")).expect("it runs")
}

/// Memory that is resident, in KiB.
pub fn resident_kib(id: u32) -> f64 {
    whole(process(id).status().expect("readable").vmrss.expect("a process with memory"))
}

/// Memory in KiB, of which what several processes share is divided among them.
pub fn proportional_kib(id: u32) -> f64 {
    let rollup = process(id).smaps_rollup().expect("readable");
    let maps = rollup.memory_map_rollup.into_iter();
    maps.map(|map| whole(map.extension.map.get("Pss").copied().unwrap_or_default())).sum::<f64>() / 1_024.0
}

/// Processor time so far.
pub fn cpu(id: u32) -> Duration {
    let stat = process(id).stat().expect("readable");
    Duration::from_secs_f64(whole(stat.utime + stat.stime) / whole(procfs::ticks_per_second()))
}

/// The share of one core that processes take together for that long, in percent.
pub async fn cpu_percent(ids: &[u32], during: Duration) -> f64 {
    let spent = || ids.iter().map(|id| cpu(*id)).sum::<Duration>();
    let (before, began) = (spent(), Instant::now());
    sleep(during).await;
    let after = spent();
    (after - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0
}

#[expect(clippy::cast_precision_loss, reason = "nothing measured here comes near 2^53")]
pub fn whole(number: u64) -> f64 {
    number as f64
}
