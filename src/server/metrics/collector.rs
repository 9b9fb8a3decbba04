//! The connections as metrics, read when they are asked for.

use std::{collections::BTreeMap, fmt};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};
use strum::VariantArray;

use crate::server::state::AppState;
use wsmon_manager::{
    CertificateEnd, EndpointSample, Histogram, HistogramSnapshot, Timings, TokenExpiries, clock::unix_ms,
};
use wsmon_model::{Phase, ServiceInfo, ServiceName, Status, Summary};

/// The connections at one moment.
pub(super) struct Connections {
    summaries: BTreeMap<ServiceName, Summary>,
    /// None with more endpoints than the limit.
    endpoints: Option<Vec<EndpointSample>>,
    token_expiries: TokenExpiries,
    timings: Timings,
    services: Vec<ServiceInfo>,
    certificates: Vec<CertificateEnd>,
    events_lost: u64,
    store_writable: bool,
}

impl Connections {
    pub(super) fn of(state: &AppState) -> Self {
        let summaries = state.manager.summaries();
        let total: u32 = summaries.values().map(|summary| summary.total).sum();
        let few = total as usize <= state.metrics.endpoint_limit;
        let token_expiries = if few {
            state.manager.token_expiries()
        } else {
            TokenExpiries { of_services: state.manager.token_expiries_of_services(), ..TokenExpiries::default() }
        };
        Self {
            summaries,
            token_expiries,
            endpoints: few.then(|| state.manager.sample()),
            timings: state.manager.timings().clone(),
            services: state.manager.services().collect(),
            certificates: state.manager.certificate_ends(),
            events_lost: state.manager.events_lost(),
            store_writable: state.store.is_writable(),
        }
    }

    fn encode_all(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        self.encode_services(encoder)?;
        single(encoder, "wsmon_store_writable", "Whether the last write to the store succeeded.", self.store_writable)?;
        let help = "Whether the series of single endpoints are left out, because there are too many.";
        single(encoder, "wsmon_endpoint_series_omitted", help, self.endpoints.is_none())?;
        family(encoder, "wsmon_build_info", "The program's version.", |family| {
            gauge(family, &[("version", env!("CARGO_PKG_VERSION"))], 1.0)
        })?;
        counter_family(encoder, "wsmon_events_lost", "Events that came faster than they could be kept.", |family| {
            family.encode_counter::<NoLabelSet, _, u64>(&self.events_lost, None)
        })?;
        self.encode_token_expiries(encoder)?;
        let help = "How long attempts took that succeeded, from the name's resolution to the upgrade.";
        histogram(encoder, "wsmon_handshake_duration_seconds", help, &self.timings.handshake)?;
        let help = "How long pings took to be answered.";
        histogram(encoder, "wsmon_ping_rtt_seconds", help, &self.timings.ping_rtt)?;
        match &self.endpoints {
            Some(endpoints) => {
                encode_states(encoder, endpoints)?;
                encode_times(encoder, endpoints)?;
                encode_counts(encoder, endpoints)
            }
            None => Ok(()),
        }
    }

    fn encode_services(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        family(encoder, "wsmon_connections", "Connections by what their socket does.", |family| {
            for (service, summary) in &self.summaries {
                let Summary { connected, connecting, disconnected, .. } = *summary;
                let counts = [
                    (Status::Connected, connected),
                    (Status::Connecting, connecting),
                    (Status::Disconnected, disconnected),
                ];
                for (state, count) in counts {
                    let labels = [("service", service.as_str()), ("state", state.as_str())];
                    gauge(family, &labels, f64::from(count))?;
                }
            }
            Ok(())
        })?;
        let help = "Whether the service's host fails, so that one probe speaks for all of its endpoints.";
        family(encoder, "wsmon_host_failing", help, |family| {
            for service in &self.services {
                let labels = [("service", service.name.as_str())];
                gauge(family, &labels, f64::from(u8::from(service.failing)))?;
            }
            Ok(())
        })?;
        let help = "When the certificate ends that the service's host showed last (server), or the one that is shown to it \
                    (client); absent until there is one.";
        family(encoder, "wsmon_certificate_expiry_timestamp_seconds", help, |family| {
            for CertificateEnd { service, certificate, ends_ms } in &self.certificates {
                let labels = [("service", service.as_str()), ("certificate", *certificate)];
                gauge(family, &labels, seconds(*ends_ms))?;
            }
            Ok(())
        })
    }
}

impl Connections {
    fn encode_token_expiries(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help =
            "When the token expires with which an endpoint signs in, or all of a service that have none of their own.";
        family(encoder, "wsmon_token_expiry_timestamp_seconds", help, |family| {
            let TokenExpiries { of_services, of_endpoints } = &self.token_expiries;
            for (service, expiry) in of_services {
                let labels = [("service", service.as_str()), ("renewal", expiry.renewal.as_str())];
                gauge(family, &labels, seconds(expiry.at_ms))?;
            }
            for (endpoint, expiry) in of_endpoints {
                let (service, endpoint) =
                    (("service", endpoint.service.as_str()), ("endpoint", endpoint.name.as_str()));
                gauge(family, &[service, endpoint, ("renewal", expiry.renewal.as_str())], seconds(expiry.at_ms))?;
            }
            Ok(())
        })
    }
}

impl Collector for Connections {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.encode_all(&mut encoder)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("summaries", &self.summaries).finish_non_exhaustive()
    }
}

fn encode_states(encoder: &mut DescriptorEncoder<'_>, endpoints: &[EndpointSample]) -> fmt::Result {
    family(encoder, "wsmon_endpoint_state", "1 for the state that an endpoint is in, 0 for the others.", |family| {
        for sample in endpoints {
            for &state in Status::VARIANTS {
                let [service, endpoint] = labels(sample);
                let labels = [service, endpoint, ("state", state.as_str())];
                gauge(family, &labels, f64::from(u8::from(sample.phase.status() == state)))?;
            }
        }
        Ok(())
    })?;
    let flag = |is: bool| Some(f64::from(u8::from(is)));
    let help = "Whether an administrator wants the endpoint up.";
    per_endpoint(encoder, "wsmon_endpoint_wanted", help, endpoints, |sample| flag(sample.on))?;
    let help = "Whether trying again cannot help now.";
    per_endpoint(encoder, "wsmon_endpoint_blocked", help, endpoints, |sample| flag(sample.phase == Phase::Blocked))?;
    let help = "Whether it is connected and quiet for longer than its options allow, or is usual for it.";
    per_endpoint(encoder, "wsmon_endpoint_silent", help, endpoints, |sample| flag(sample.stale))
}

fn encode_times(encoder: &mut DescriptorEncoder<'_>, endpoints: &[EndpointSample]) -> fmt::Result {
    let name = "wsmon_last_message_timestamp_seconds";
    let help = "When the last message came; absent until one has.";
    per_endpoint(encoder, name, help, endpoints, |sample| sample.last_message_ms.map(seconds))?;
    let name = "wsmon_connected_since_timestamp_seconds";
    let help = "Since when it is connected; absent while it is not.";
    per_endpoint(encoder, name, help, endpoints, |sample| {
        (sample.phase == Phase::Connected).then(|| seconds(unix_ms(sample.since)))
    })?;
    let name = "wsmon_next_retry_timestamp_seconds";
    let help = "When the next attempt starts; absent when none is scheduled.";
    per_endpoint(encoder, name, help, endpoints, |sample| sample.next_retry_ms.map(seconds))
}

fn encode_counts(encoder: &mut DescriptorEncoder<'_>, endpoints: &[EndpointSample]) -> fmt::Result {
    let help = "Attempts to connect, by what came of them.";
    counters(encoder, "wsmon_connect_attempts", help, endpoints, "result", |sample, each| {
        each("success", sample.counts.attempts_succeeded)?;
        each("failure", sample.counts.attempts_failed)
    })?;
    let help = "Ends of open connections, by cause.";
    counters(encoder, "wsmon_disconnects", help, endpoints, "cause", |sample, each| {
        sample.counts.ends().try_for_each(|(cause, count)| each(cause, count))
    })?;
    let help = "Data messages, by direction.";
    counters(encoder, "wsmon_messages", help, endpoints, "direction", |sample, each| {
        each("received", sample.messages_received)?;
        each("sent", sample.counts.messages_sent)
    })?;
    let help = "Payload of data messages, by direction.";
    counters(encoder, "wsmon_message_bytes", help, endpoints, "direction", |sample, each| {
        each("received", sample.bytes_received)?;
        each("sent", sample.counts.bytes_sent)
    })
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit until the year 287396")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

fn family(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    write(&mut encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counter_family(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    write(&mut encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge(family: &mut MetricEncoder<'_>, labels: &impl EncodeLabelSet, value: f64) -> fmt::Result {
    family.encode_family(labels)?.encode_gauge(&value)
}

fn single(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: bool) -> fmt::Result {
    family(encoder, name, help, |family| family.encode_gauge(&u32::from(value)))
}

fn histogram(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
    let HistogramSnapshot { sum, count, buckets } = histogram.snapshot();
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    family.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

/// The labels of every series of an endpoint.
fn labels(sample: &EndpointSample) -> [(&str, &str); 2] {
    [("service", sample.endpoint.service.as_str()), ("endpoint", sample.endpoint.name.as_str())]
}

fn per_endpoint(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    endpoints: &[EndpointSample],
    value: impl Fn(&EndpointSample) -> Option<f64>,
) -> fmt::Result {
    family(encoder, name, help, |family| {
        for sample in endpoints {
            if let Some(value) = value(sample) {
                gauge(family, &labels(sample), value)?;
            }
        }
        Ok(())
    })
}

/// The counters of every endpoint that differ in one label.
fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    endpoints: &[EndpointSample],
    label: &str,
    values: impl Fn(&EndpointSample, &mut dyn FnMut(&str, u64) -> fmt::Result) -> fmt::Result,
) -> fmt::Result {
    counter_family(encoder, name, help, |family| {
        for sample in endpoints {
            values(sample, &mut |value, count| {
                let [service, endpoint] = labels(sample);
                let labels = [service, endpoint, (label, value)];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)
            })?;
        }
        Ok(())
    })
}
