//! The list held to a plain one: all of them looked at, sorted and cut into pages.

use std::{
    cmp::Reverse,
    time::{Duration, SystemTime},
};

use proptest::{collection::vec, prelude::*, sample::select};
use tokio::time::{Instant, advance};
use wsmon_model::{Connection, PER_PAGE, Phase, Sort, SortKey, Status};

use super::*;
use crate::{
    clock::WallClock,
    freshness::FreshnessConfig,
    gate::{Gate, GateConfig},
    mailbox::mailbox,
    state::{ConnectionState, NextRetry, Shared},
    state_channel::{StateSender, state_channel},
};

/// A registry whose connections are moved by hand.
struct World {
    registry: Registry,
    services: Vec<Arc<Upstream>>,
    /// The writing ends of the states, by id.
    states: BTreeMap<EndpointId, StateSender>,
}

impl World {
    fn new() -> Self {
        let gate = Gate::new(&GateConfig::default(), 1);
        let upstream = |name: &str| Arc::new(Upstream::not_configured(name.parse().expect("a name"), gate.host()));
        let services = ["default", "a", "kraken"].map(upstream).into();
        Self { registry: Registry::default(), services, states: BTreeMap::new() }
    }

    /// What a manager does when it spawns a connection's task.
    fn add(&mut self, id: &EndpointId) {
        let upstream = self.services.iter().find(|upstream| upstream.name == id.service).expect("a service");
        let state = ConnectionState {
            phase: Phase::Connecting,
            since: SystemTime::UNIX_EPOCH,
            on: true,
            auto_reconnect: true,
            attempt: 0,
            next_retry: None,
            failure: None,
            last_attempt: None,
            options: Arc::default(),
        };
        self.registry.get_or_insert_with(id, || {
            let shared = Arc::new(Shared::new(&Arc::default(), &FreshnessConfig::default()));
            shared.set_listed(&state);
            upstream.tally.add(state.phase.status());
            let (sender, state) = state_channel(state);
            self.states.insert(id.clone(), sender);
            Entry { endpoint: id.clone(), upstream: Arc::clone(upstream), commands: mailbox(1).0, state, shared }
        });
    }

    /// What a connection's task does when its state changes.
    fn change(&self, id: &EndpointId, phase: Phase, auto_reconnect: bool) {
        let (Some(sender), Some(entry)) = (self.states.get(id), self.registry.get(id)) else { return };
        sender.send_modify(|state| {
            entry.upstream.tally.move_one(state.phase.status(), phase.status());
            (state.phase, state.auto_reconnect) = (phase, auto_reconnect);
            entry.shared.set_listed(state);
        });
    }

    fn remove(&mut self, id: &EndpointId) {
        self.registry.remove(id);
        self.states.remove(id);
    }

    fn view(&self) -> View<'static> {
        let now = SystemTime::UNIX_EPOCH;
        View {
            wall: WallClock::new(now).times(now),
            open_breakers: BTreeMap::new(),
            freshness: FreshnessConfig::default(),
        }
    }

    /// What a query is to give: how many match, the page, and the ids on it.
    fn plain(&self, query: &ListQuery) -> (Summary, u32, u32, Vec<EndpointId>) {
        let view = self.view();
        let mut rows: Vec<_> = self.registry.entries().iter().map(|entry| entry.describe(&view)).collect();
        let mut summary = Summary::default();
        rows.iter().for_each(|row| summary.count(row.status()));
        let search = query.search.to_lowercase();
        rows.retain(|row| {
            query.status.is_none_or(|status| row.status() == status)
                && query.service.as_ref().is_none_or(|service| row.endpoint.service == *service)
                && row.endpoint.to_string().to_lowercase().contains(&search)
        });
        rows.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
        match query.sort.key {
            SortKey::Endpoint => {}
            SortKey::Status => rows.sort_by_key(Connection::status),
            SortKey::AutoReconnect => rows.sort_by_key(|row| row.auto_reconnect),
            SortKey::Messages => rows.sort_by_key(|row| Reverse(row.messages_received)),
            SortKey::LastMessage => rows.sort_by_key(|row| row.last_message_ms),
        }
        if query.sort.reversed {
            rows.reverse();
        }
        let ids: Vec<_> = rows.into_iter().map(|row| row.endpoint).collect();
        let pages: Vec<_> = ids.chunks(PER_PAGE as usize).collect();
        let page = (query.page as usize).min(pages.len().saturating_sub(1));
        let on_page = pages.get(page).map(|page| page.to_vec()).unwrap_or_default();
        (summary, u32::try_from(ids.len()).expect("few"), u32::try_from(page).expect("few"), on_page)
    }
}

/// What happens to connections.
#[derive(Clone, Debug)]
enum Happening {
    Add(EndpointId),
    Remove(EndpointId),
    Change(EndpointId, Phase, bool),
    Message(EndpointId, u64),
    Asked(ListQuery),
}

/// Few enough ids that they meet, and enough for three pages.
fn id() -> impl Strategy<Value = EndpointId> {
    let prefix = select(vec!["", "a:", "kraken:", "kraken:EU/"]);
    (prefix, 0..50_u32).prop_map(|(prefix, number)| format!("{prefix}Feed-{number}").parse().expect("an id"))
}

fn query() -> impl Strategy<Value = ListQuery> {
    let search = select(vec!["", "", "feed-1", "EU/f", "en:feed", "a:", "-4", "FEED-7", "\n", "feed-1\n", "ö"]);
    let service = select(vec![None, None, Some("default"), Some("kraken"), Some("nobody")]);
    let status =
        select(vec![None, None, Some(Status::Connected), Some(Status::Connecting), Some(Status::Disconnected)]);
    let key = select(<SortKey as strum::VariantArray>::VARIANTS);
    (search, service, status, key, any::<bool>(), 0..5_u32).prop_map(
        |(search, service, status, key, reversed, page)| ListQuery {
            search: search.to_owned(),
            service: service.map(|name| name.parse().expect("a name")),
            status,
            sort: Sort { key, reversed },
            page,
        },
    )
}

fn happening() -> impl Strategy<Value = Happening> {
    let phase = select(vec![Phase::Connecting, Phase::Connected, Phase::Waiting, Phase::Blocked, Phase::Off]);
    prop_oneof![
        4 => id().prop_map(Happening::Add),
        1 => id().prop_map(Happening::Remove),
        3 => (id(), phase, any::<bool>()).prop_map(|(id, phase, switch)| Happening::Change(id, phase, switch)),
        3 => (id(), 1..4_u64).prop_map(|(id, at)| Happening::Message(id, at)),
        2 => query().prop_map(Happening::Asked),
    ]
}

proptest! {
    #[test]
    fn the_list_is_as_a_plain_one_would_be(happenings in vec(happening(), 1..400)) {
        let mut world = World::new();
        for happening in happenings {
            match happening {
                Happening::Add(id) => world.add(&id),
                Happening::Remove(id) => world.remove(&id),
                Happening::Change(id, phase, auto_reconnect) => world.change(&id, phase, auto_reconnect),
                Happening::Message(id, at) => {
                    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
                    if let Some(entry) = world.registry.get(&id) {
                        entry.shared.count_received(1, 1, Some(at));
                    }
                }
                Happening::Asked(query) => {
                    let list = world.registry.list(&query, &world.view());
                    let ids: Vec<_> = list.rows.into_iter().map(|row| row.endpoint).collect();
                    prop_assert_eq!((list.summary, list.matching, list.page, ids), world.plain(&query), "{:?}", query);
                }
            }
        }
    }
}

#[test]
fn who_is_removed_is_not_counted_and_not_found() {
    let mut world = World::new();
    let [a, b] = ["kraken:a", "kraken:b"].map(|text| text.parse::<EndpointId>().expect("an id"));
    world.add(&a);
    world.add(&b);
    world.change(&a, Phase::Connected, false);
    let search = |world: &World, text: &str| {
        let query = ListQuery { search: text.to_owned(), ..ListQuery::default() };
        world.registry.list(&query, &world.view()).matching
    };
    assert_eq!((search(&world, "KRAKEN:"), search(&world, "n:a")), (2, 1));
    assert_eq!(world.registry.summary(), Summary { total: 2, connected: 1, connecting: 1, disconnected: 0 });
    world.remove(&a);
    assert_eq!((search(&world, "KRAKEN:"), search(&world, "n:a")), (1, 0));
    assert_eq!(world.registry.summaries()[&b.service], Summary { total: 1, connecting: 1, ..Summary::default() });
    world.remove(&b);
    assert_eq!((world.registry.summary(), world.registry.summaries()), (Summary::default(), BTreeMap::new()));
}

#[tokio::test(start_paused = true)]
async fn a_row_is_the_same_while_only_time_goes_by() {
    let mut world = World::new();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let wall = WallClock::new(start);
    let retries = [None, Some(NextRetry::At(Instant::now() + Duration::from_secs(2))), Some(NextRetry::AtGate)];
    for (number, next_retry) in retries.into_iter().enumerate() {
        let id = format!("feed-{number}").parse().expect("an id");
        world.add(&id);
        world.states[&id].send_modify(|state| {
            (state.phase, state.since, state.next_retry) = (Phase::Waiting, start, next_retry);
        });
    }
    let query = ListQuery::default();
    let list = |seconds| {
        let now = start + Duration::from_secs(seconds);
        world.registry.list(&query, &View { wall: wall.times(now), ..world.view() })
    };
    let first = list(0);
    assert_eq!(first.rows[1].next_retry_ms, Some(1_000_002_000));
    for seconds in 1..5 {
        advance(Duration::from_secs(1)).await;
        assert_eq!(list(seconds).rows, first.rows, "{seconds} s later");
    }
}
