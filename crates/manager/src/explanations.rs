//! Why a connection is as it is: what is known of it, gathered for the rules of [`explain`](super::explain).

use std::net::IpAddr;

use super::{
    clock::unix_ms,
    explain::{Explanation, Past, ServiceStanding, Situation, Trouble, explain, is_alike},
    manager::ConnectionManager,
    registry::Entry,
    service::Upstream,
    state::ConnectionState,
    target::Base,
};
use wsmon_model::{Cause, EndpointId, EndpointName, Evidence};

/// Names like its own that are looked for: two already are a family.
const ALIKE: usize = 4;

/// Connections of another service of which one's failure is looked for.
const LOOKED_AT: usize = 16;

impl ConnectionManager {
    /// Why a connection is as it is, by what it has just done and by what others do; `past` is what it did before, as far as
    /// that was kept. None if there is nothing to explain, or no such connection.
    ///
    /// It looks at many connections: it is for a page about one, not for each row of a list.
    pub fn explain(&self, endpoint: &EndpointId, past: &Past) -> Option<Explanation> {
        let entry = self.0.registry.get(endpoint)?;
        let state = entry.state.borrow().clone();
        let (evidence, view) = (entry.evidence(&state), self.view());
        let worked_ms = past.last_up_ms().max(entry.worked_ms(&state));
        let alike = evidence.as_ref().map(|evidence| self.alike(&entry, evidence)).unwrap_or_default();
        let services = evidence.as_ref().map(|evidence| self.standings(evidence, &entry.upstream)).unwrap_or_default();
        let interval = state.options.pings((self.0.config.ping_interval, self.0.config.pong_timeout)).0;
        let explanation = explain(&Situation {
            name: &endpoint.name,
            phase: state.phase,
            since_ms: unix_ms(state.since),
            now_ms: view.now_ms(),
            evidence: evidence.as_ref(),
            past,
            worked_ms,
            alike: &alike,
            is_tls: entry.upstream.base.as_ref().is_some_and(Base::is_tls),
            ping_interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
            services: &services,
        });
        let host = view.host_failure(&endpoint.service, &state);
        let host = host.filter(|host| state.failure.as_deref() != Some(host)).map(ToString::to_string);
        explanation.map(|explanation| match host {
            Some(host) => {
                Explanation { sentence: format!("{} Since then: {host}", explanation.sentence), ..explanation }
            }
            None => explanation,
        })
    }

    /// Connected endpoints of a connection's service with names like its own, if its name may be what is refused.
    fn alike(&self, entry: &Entry, evidence: &Evidence) -> Vec<EndpointName> {
        if !matches!(evidence.cause, Some(Cause::HttpStatus | Cause::ConnectionLost)) {
            return Vec::new();
        }
        let EndpointId { service, name } = &entry.endpoint;
        self.0.registry.connected(service, ALIKE, |other| is_alike(name, other))
    }

    /// How the services do that are on other machines, if a failure may be of what they have in common with its own. Empty
    /// if that one is on this machine.
    fn standings(&self, evidence: &Evidence, own: &Upstream) -> Vec<ServiceStanding> {
        if Trouble::of(evidence).is_none() || remote_host(own).is_none() {
            return Vec::new();
        }
        self.0.upstreams.values().filter_map(|upstream| self.standing(upstream)).collect()
    }

    /// How a service does; none of one without endpoints that are to be up, or on the monitor's machine.
    fn standing(&self, upstream: &Upstream) -> Option<ServiceStanding> {
        let host = remote_host(upstream)?;
        let is_connected = upstream.tally.summary().connected > 0;
        let entries = self.0.registry.first_of(&upstream.name, LOOKED_AT);
        let states: Vec<ConnectionState> = entries.iter().map(|entry| entry.state.borrow().clone()).collect();
        let mut wanted = entries.iter().zip(&states).filter(|(_, state)| state.on).peekable();
        wanted.peek()?;
        let evidence = wanted.find_map(|(entry, state)| entry.evidence(state));
        Some(ServiceStanding { host, is_connected, trouble: evidence.as_ref().and_then(Trouble::of) })
    }
}

/// A service's host; none if it is the monitor's own machine, which is reached without a network.
fn remote_host(upstream: &Upstream) -> Option<String> {
    let host = upstream.base.as_ref()?.host();
    let is_own = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    (!is_own).then_some(host)
}
