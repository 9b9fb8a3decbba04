//! All connections by service and name. It never awaits, and knows neither HTTP nor SQL.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::SystemTime,
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    command::Command,
    counts::EndpointSample,
    failure::Failure,
    gate::OpenBreaker,
    service::Upstream,
    state::{ConnectionState, NextRetry, Shared},
};
use crate::clock::unix_ms;
use wsmon_model::{
    Connection, ConnectionList, EndpointId, ListQuery, PER_PAGE, Phase, ServiceName, Sort, SortKey, Status, Summary,
    WaitingFor,
};

/// One connection: how to command it and what it shares.
pub(super) struct Entry {
    pub(super) endpoint: EndpointId,
    pub(super) upstream: Arc<Upstream>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) state: watch::Receiver<ConnectionState>,
    pub(super) shared: Arc<Shared>,
}

/// What a description needs besides the connection itself.
pub(super) struct View<'a> {
    /// Now on the wall.
    pub(super) now: SystemTime,
    /// Of each service whose host fails: why its endpoints wait for the next probe, and when that is.
    pub(super) open_breakers: BTreeMap<&'a ServiceName, OpenBreaker>,
}

impl View<'_> {
    /// What a connection waits for besides the time.
    fn waiting_for(&self, service: &ServiceName, next: NextRetry) -> Option<WaitingFor> {
        match (next, self.open_breakers.get(service)) {
            (NextRetry::At(_), _) => None,
            (NextRetry::AtGate, None) => Some(WaitingFor::Pacing),
            (NextRetry::AtGate, Some(OpenBreaker { probe_due: Some(_), .. })) => Some(WaitingFor::Probe),
            (NextRetry::AtGate, Some(OpenBreaker { probe_due: None, .. })) => Some(WaitingFor::ProbeUnderWay),
        }
    }

    /// When the next attempt, or the host's next probe, starts, on the wall; none while a probe is under way.
    fn retry_ms(&self, service: &ServiceName, next: NextRetry) -> Option<i64> {
        let now = Instant::now();
        let at = match (next, self.open_breakers.get(service)) {
            (NextRetry::At(at), _) => at,
            (NextRetry::AtGate, None) => now,
            (NextRetry::AtGate, Some(open_breaker)) => open_breaker.probe_due?,
        };
        Some(unix_ms(self.now + at.saturating_duration_since(now)))
    }

    /// Why a connection is down, and, if that has changed since, why its host is.
    fn cause_text(&self, service: &ServiceName, state: &ConnectionState) -> Option<String> {
        let own = state.failure.as_ref().map(ToString::to_string);
        let host = self.open_breakers.get(service).filter(|_| state.next_retry == Some(NextRetry::AtGate));
        match (own, host.map(|open_breaker| open_breaker.why.to_string())) {
            (Some(own), Some(host)) if own != host => Some(format!("{own} Since then: {host}")),
            (own, host) => own.or(host),
        }
    }
}

impl Entry {
    fn status(&self) -> Status {
        self.state.borrow().phase.status()
    }

    /// The connection as it is now.
    pub(super) fn describe(&self, view: &View<'_>) -> Connection {
        let state = self.state.borrow().clone();
        let failure = state.failure.as_deref();
        let service = &self.endpoint.service;
        Connection {
            endpoint: self.endpoint.clone(),
            url: self.upstream.shown_url(&self.endpoint),
            phase: state.phase,
            auto_reconnect: state.auto_reconnect,
            since_ms: unix_ms(state.since),
            attempt: state.attempt,
            next_retry_ms: state.next_retry.and_then(|next| view.retry_ms(service, next)),
            waiting_for: state.next_retry.and_then(|next| view.waiting_for(service, next)),
            layer: failure.map(Failure::layer),
            cause: failure.map(Failure::cause),
            cause_text: view.cause_text(service, &state),
            close_code: failure.and_then(Failure::close_code),
            rtt_ms: self.shared.rtt_ms().filter(|_| state.phase == Phase::Connected),
            messages_received: self.shared.messages_received(),
            bytes_received: self.shared.bytes_received(),
            last_message_ms: self.shared.last_message_ms(),
            messages_dropped: self.shared.publisher.dropped(),
            silent: self.is_silent(&state),
        }
    }

    /// The connection as it is now, for metrics' sake.
    pub(super) fn sample(&self, view: &View<'_>) -> EndpointSample {
        let state = self.state.borrow().clone();
        EndpointSample {
            endpoint: self.endpoint.clone(),
            phase: state.phase,
            on: state.on,
            silent: self.is_silent(&state),
            since: state.since,
            next_retry_ms: state.next_retry.and_then(|next| view.retry_ms(&self.endpoint.service, next)),
            messages_received: self.shared.messages_received(),
            bytes_received: self.shared.bytes_received(),
            last_message_ms: self.shared.last_message_ms(),
            counts: self.shared.counts.sample(),
        }
    }

    fn is_silent(&self, state: &ConnectionState) -> bool {
        let longest = state.options.max_silence().filter(|_| state.phase == Phase::Connected);
        longest.is_some_and(|longest| self.shared.quiet_for() > longest)
    }
}

/// Connections in the order of their names.
#[derive(Default)]
pub(super) struct Registry(RwLock<Entries>);

#[derive(Default)]
struct Entries {
    by_id: BTreeMap<EndpointId, Arc<Entry>>,
    /// Nothing is added any more.
    closed: bool,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, endpoint: &EndpointId) -> Option<Arc<Entry>> {
        self.read().by_id.get(endpoint).cloned()
    }

    /// Gives the entry of a name, made by `new` if there is none; none if the registry is closed.
    pub(super) fn get_or_insert_with(&self, endpoint: &EndpointId, new: impl FnOnce() -> Entry) -> Option<Arc<Entry>> {
        if let Some(entry) = self.get(endpoint) {
            return Some(entry);
        }
        let Entries { by_id, closed } = &mut *self.write();
        match by_id.get(endpoint) {
            Some(entry) => Some(Arc::clone(entry)),
            None if *closed => None,
            None => Some(Arc::clone(by_id.entry(endpoint.clone()).or_insert(Arc::new(new())))),
        }
    }

    pub(super) fn remove(&self, endpoint: &EndpointId) {
        self.write().by_id.remove(endpoint);
    }

    /// Adds nothing from now on, and gives what there is.
    pub(super) fn close(&self) -> Vec<Arc<Entry>> {
        let mut entries = self.write();
        entries.closed = true;
        entries.by_id.values().cloned().collect()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.read().closed
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.read().by_id.values().cloned().collect()
    }

    /// How many connections of each service there are in each status; nothing of a service without any.
    pub(super) fn summaries(&self) -> BTreeMap<ServiceName, Summary> {
        let mut summaries = BTreeMap::<_, Summary>::new();
        for (endpoint, entry) in &self.read().by_id {
            // Asked first, as most are of a service that is there already.
            match summaries.get_mut(&endpoint.service) {
                Some(summary) => summary.count(entry.status()),
                None => summaries.entry(endpoint.service.clone()).or_default().count(entry.status()),
            }
        }
        summaries
    }

    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in self.read().by_id.values() {
            summary.count(entry.status());
        }
        summary
    }

    /// One page of the connections that match a query, with the summary of all, in one pass.
    pub(super) fn list(&self, query: &ListQuery, view: &View<'_>) -> ConnectionList {
        let search = query.search.to_ascii_lowercase();
        let found = |entry: &Entry| {
            let id = &entry.endpoint;
            query.service.as_ref().is_none_or(|service| *service == id.service)
                && (search.is_empty() || id.to_string().to_ascii_lowercase().contains(&search))
        };
        let mut summary = Summary::default();
        let mut matching = Vec::new();
        for entry in self.read().by_id.values() {
            let status = entry.status();
            summary.count(status);
            if query.status.is_none_or(|wanted| wanted == status) && found(entry) {
                matching.push(Arc::clone(entry));
            }
        }
        sort(&mut matching, query.sort);
        let count = u32::try_from(matching.len()).unwrap_or(u32::MAX);
        let page = query.page.min(count.saturating_sub(1) / PER_PAGE);
        let rows = matching.iter().skip((page * PER_PAGE) as usize).take(PER_PAGE as usize);
        ConnectionList {
            now_ms: unix_ms(view.now),
            summary,
            matching: count,
            page,
            rows: rows.map(|entry| entry.describe(view)).collect(),
            ..ConnectionList::default()
        }
    }
}

/// Sorts entries that come in the order of their names; a stable sort keeps that order for equals.
/// Each key is read once, because it may change while we sort.
fn sort(entries: &mut [Arc<Entry>], by: Sort) {
    match by.key {
        SortKey::Endpoint => {}
        SortKey::Status => entries.sort_by_cached_key(|entry| entry.status()),
        SortKey::AutoReconnect => entries.sort_by_cached_key(|entry| entry.state.borrow().auto_reconnect),
        SortKey::Messages => entries.sort_by_cached_key(|entry| Reverse(entry.shared.messages_received())),
        SortKey::LastMessage => entries.sort_by_cached_key(|entry| entry.shared.last_message_ms()),
    }
    if by.reversed {
        entries.reverse();
    }
}
