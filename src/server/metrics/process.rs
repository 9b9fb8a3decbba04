//! The process itself as metrics, under the names that Prometheus' clients share.

use std::fmt;

use procfs::{WithCurrentSystemInfo, process};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
};
use tokio::runtime::Handle;

/// The process at one moment; what the operating system does not tell is left out.
#[derive(Debug)]
pub(super) struct Process {
    gauges: Vec<(&'static str, &'static str, f64)>,
    cpu_seconds: Option<f64>,
}

impl Process {
    pub(super) fn now(runtime: &Handle) -> Self {
        let mut gauges = Vec::new();
        let mut add = |name, help, value: Option<f64>| gauges.extend(value.map(|value| (name, help, value)));
        let own = process::Process::myself().ok();
        let stat = own.as_ref().and_then(|own| own.stat().ok());
        add("process_resident_memory_bytes", "Memory in use.", stat.as_ref().map(|stat| whole(stat.rss_bytes().get())));
        add("process_virtual_memory_bytes", "Address space in use.", stat.as_ref().map(|stat| whole(stat.vsize)));
        let open = own.as_ref().and_then(|own| own.fd_count().ok());
        add("process_open_fds", "Open file descriptors.", open.map(|open| whole(open as u64)));
        let limit = own.as_ref().and_then(|own| own.limits().ok());
        let limit = limit.and_then(|limits| match limits.max_open_files.soft_limit {
            process::LimitValue::Value(limit) => Some(whole(limit)),
            process::LimitValue::Unlimited => None,
        });
        add("process_max_fds", "Most file descriptors that may be open.", limit);
        let started = stat.as_ref().and_then(|stat| {
            let boot = procfs::boot_time_secs().ok()?;
            Some(whole(boot) + whole(stat.starttime) / whole(procfs::ticks_per_second()))
        });
        add("process_start_time_seconds", "When the process began, in Unix seconds.", started);
        let runtime = runtime.metrics();
        add("wsmon_tokio_workers", "Threads that run tasks.", Some(whole(runtime.num_workers() as u64)));
        add("wsmon_tokio_tasks", "Tasks alive.", Some(whole(runtime.num_alive_tasks() as u64)));
        let queued = whole(runtime.global_queue_depth() as u64);
        add("wsmon_tokio_queued_tasks", "Tasks that wait for a thread.", Some(queued));
        let ticks = stat.as_ref().map(|stat| whole(stat.utime + stat.stime));
        Self { gauges, cpu_seconds: ticks.map(|ticks| ticks / whole(procfs::ticks_per_second())) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing measured here comes near 2^53")]
fn whole(number: u64) -> f64 {
    number as f64
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in &self.gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(value)?;
        }
        if let Some(seconds) = &self.cpu_seconds {
            let help = "Processor time spent.";
            let mut counter = encoder.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, u64>(seconds, None)?;
        }
        Ok(())
    }
}
