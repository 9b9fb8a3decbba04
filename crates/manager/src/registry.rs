//! All connections by service and name. It never awaits, and knows neither HTTP nor SQL.

mod entry;
mod page;
mod search;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub(super) use self::entry::{Entry, View};
use self::search::SearchText;
use super::{service::Upstream, state::Shared};
use wsmon_model::{ConnectionList, EndpointId, EndpointName, ListQuery, ServiceName, Status, Summary};

/// Names that are looked at for one that is alike: some hundred microseconds' worth.
const LOOKED_AT: usize = 10_000;

/// Connections in the order of their ids.
#[derive(Default)]
pub(super) struct Registry(RwLock<Entries>);

#[derive(Default)]
struct Entries {
    /// In the order of ids. Adding or removing one moves those on its shorter side, which are none while all are restored in
    /// order or end in order, and a few microseconds' worth among ten thousand.
    rows: VecDeque<Row>,
    /// The services that entries were added of. Each counts its connections by status, so that nobody else has to.
    services: BTreeMap<ServiceName, Arc<Upstream>>,
    /// Made when somebody searches, and again when somebody does after an entry was added or removed.
    search_text: OnceLock<SearchText>,
    /// Nothing is added any more.
    closed: bool,
}

struct Row {
    entry: Arc<Entry>,
    /// The entry's own, one step nearer: what rows are filtered and sorted by is read of all of them.
    shared: Arc<Shared>,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, endpoint: &EndpointId) -> Option<Arc<Entry>> {
        self.read().get(endpoint)
    }

    /// Gives the entry of a name, made by `new` if there is none; none if the registry is closed.
    pub(super) fn get_or_insert_with(&self, endpoint: &EndpointId, new: impl FnOnce() -> Entry) -> Option<Arc<Entry>> {
        if let Some(entry) = self.get(endpoint) {
            return Some(entry);
        }
        let mut entries = self.write();
        match entries.get(endpoint) {
            Some(entry) => Some(entry),
            None if entries.closed => None,
            None => Some(entries.insert(new())),
        }
    }

    pub(super) fn remove(&self, endpoint: &EndpointId) {
        self.write().remove(endpoint);
    }

    /// Adds nothing from now on, and gives what there is.
    pub(super) fn close(&self) -> Vec<Arc<Entry>> {
        let mut entries = self.write();
        entries.closed = true;
        entries.all().cloned().collect()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.read().closed
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.read().all().cloned().collect()
    }

    /// How many connections of each service there are in each status; nothing of a service without any.
    pub(super) fn summaries(&self) -> BTreeMap<ServiceName, Summary> {
        let entries = self.read();
        let of_each = entries.services.iter().map(|(name, service)| (name.clone(), service.tally.summary()));
        of_each.filter(|(_, summary)| summary.total > 0).collect()
    }

    pub(super) fn summary(&self) -> Summary {
        self.read().summary()
    }

    /// All connections that match a query, in the order of their ids.
    pub(super) fn select(&self, query: &ListQuery) -> Vec<Arc<Entry>> {
        let entries = self.read();
        let matching = entries.matching(query, entries.rows_of(query.service.as_ref()));
        matching.into_iter().map(|(_, number)| Arc::clone(&entries.rows[number].entry)).collect()
    }

    /// Connected endpoints of a service whose names are wanted: the first `most`, among so many that all of them can be
    /// looked at while a page is waited for.
    pub(super) fn connected(
        &self,
        service: &ServiceName,
        most: usize,
        is_wanted: impl Fn(&EndpointName) -> bool,
    ) -> Vec<EndpointName> {
        let entries = self.read();
        let rows = entries.rows.range(entries.rows_of(Some(service))).take(LOOKED_AT);
        let names = rows.filter(|row| row.shared.status() == Status::Connected).map(|row| &row.entry.endpoint.name);
        names.filter(|name| is_wanted(name)).take(most).cloned().collect()
    }

    /// The first connections of a service.
    pub(super) fn first_of(&self, service: &ServiceName, most: usize) -> Vec<Arc<Entry>> {
        let entries = self.read();
        entries.rows.range(entries.rows_of(Some(service))).take(most).map(|row| Arc::clone(&row.entry)).collect()
    }

    /// One page of the connections that match a query, with the summary of all.
    pub(super) fn list(&self, query: &ListQuery, view: &View<'_>) -> ConnectionList {
        let entries = self.read();
        let summary = entries.summary();
        let found = entries.page(query);
        drop(entries);
        ConnectionList {
            now_ms: view.now_ms(),
            summary,
            matching: found.matching,
            page: found.page,
            rows: found.rows.iter().map(|entry| entry.describe(view)).collect(),
            ..ConnectionList::default()
        }
    }
}

impl Entries {
    fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.rows.iter().map(|row| &row.entry)
    }

    /// Where an id is, or else would be.
    fn find(&self, endpoint: &EndpointId) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| row.entry.endpoint.cmp(endpoint))
    }

    fn get(&self, endpoint: &EndpointId) -> Option<Arc<Entry>> {
        self.find(endpoint).ok().map(|number| Arc::clone(&self.rows[number].entry))
    }

    fn insert(&mut self, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        if !self.services.contains_key(&entry.endpoint.service) {
            self.services.insert(entry.endpoint.service.clone(), Arc::clone(&entry.upstream));
        }
        if let Err(number) = self.find(&entry.endpoint) {
            self.rows.insert(number, Row { entry: Arc::clone(&entry), shared: Arc::clone(&entry.shared) });
        }
        self.search_text.take();
        entry
    }

    fn remove(&mut self, endpoint: &EndpointId) {
        if let Ok(number) = self.find(endpoint)
            && let Some(Row { entry, shared }) = self.rows.remove(number)
        {
            entry.upstream.tally.remove(shared.status());
            self.search_text.take();
        }
    }

    fn summary(&self) -> Summary {
        self.services.values().map(|service| service.tally.summary()).sum()
    }
}
