//! The dashboard: every connection, and what can be done about it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::list_connections,
    error::AppError,
    ui::{
        components::{
            Actions, AddConnection, ConnectionsSection, DiskFull, Freshness, Header, Notices, RefreshError,
            StoreProblem, SummaryFigures,
        },
        poll::Poll,
    },
};
use wsmon_model::{ConnectionList, ListQuery};

/// The dashboard.
#[component]
pub fn WebSocketMonitor() -> impl IntoView {
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(|params| ListQuery::from_params(|name| params.get(name))));
    // What the server renders; from then on the poll keeps it up to date.
    let first = Resource::new(
        || (),
        move |()| async move {
            let answer = list_connections(query.get_untracked(), None).await;
            answer.map(|answer| answer.over(ConnectionList::default()))
        },
    );
    view! {
        <Title text="WebSocket Monitoring · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <Suspense fallback=|| view! { <h1>"WebSocket Monitoring"</h1> <p class="quiet">"Loading…"</p> }>
                {move || first.get().map(|first| view! { <Dashboard first query/> })}
            </Suspense>
        </main>
    }
}

/// The way to the curves, where there is one.
#[component]
fn Grafana(list: Signal<ConnectionList>) -> impl IntoView {
    let url = Signal::derive(move || list.with(|list| list.grafana_url.clone()));
    let no_url = Signal::derive(move || url.with(Option::is_none));
    view! { <a class="grafana" href=url hidden=no_url>"Grafana"</a> }
}

#[component]
fn Dashboard(first: Result<ConnectionList, AppError>, query: Memo<ListQuery>) -> impl IntoView {
    let shown = StoredValue::new(first.clone().unwrap_or_default());
    let poll = Poll::start(first, move || newest(query.get_untracked(), shown));
    Effect::watch(move || query.get(), move |_, _, _| poll.refresh(), false);
    let (list, loaded) = (poll.value(), poll.loaded());
    provide_context(Actions::new(poll));
    view! {
        <div class="page-head">
            <h1>"WebSocket Monitoring"</h1>
            <Grafana list/>
            <Freshness poll/>
        </div>
        <RefreshError progress=poll.progress() what="The list"/>
        <DiskFull is_full=Signal::derive(move || list.with(|list| list.disk_full))/>
        <StoreProblem text=Signal::derive(move || list.with(|list| list.store_problem.clone()))/>
        <SummaryFigures list loaded query/>
        <AddConnection list/>
        <Notices/>
        <ConnectionsSection list query loaded age_ms=poll.age_ms()/>
    }
}

/// Asks for the list as it is now. Of one that is shown already only the time is sent.
async fn newest(query: ListQuery, shown: StoredValue<ConnectionList>) -> Result<ConnectionList, AppError> {
    let before = shown.try_get_value().unwrap_or_default();
    let list = list_connections(query, Some(before.version)).await?.over(before);
    shown.try_update_value(|shown| shown.clone_from(&list));
    Ok(list)
}
