//! The dashboard: every connection, and what can be done about it.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    prelude::*,
};
use leptos_router::hooks::use_query_map;

use crate::{
    api::list_connections,
    changes::Notice,
    error::AppError,
    ui::{
        components::{
            Actions, AddConnection, Bulk, ConnectionsSection, Keys, Page, asked_for, bulk_dialog, clicked, disk_full,
            freshness, notices, refresh_error, store_problem, summary_figures,
        },
        live::{Give, Given, given},
        poll::{Asking, Poll},
        url::follow_url,
    },
};
use wsmon_model::{ConnectionList, ListQuery};

/// The dashboard.
#[component]
pub fn WebSocketMonitor() -> impl IntoView {
    let query = use_query_map().with_untracked(|params| ListQuery::from_params(|name| params.get(name)));
    let notice = use_context::<Notice>();
    view! {
        <Page title="WebSocket Monitoring" is_live=true>
            {Suspend::new(async move {
                let list = list_connections(query.clone(), None).await;
                let list = list.map(|answer| answer.over(ConnectionList::default()));
                view! {
                    <Give value=Given::new(&(list, query, notice))>
                        <Dashboard/>
                    </Give>
                }
            })}
            <Keys/>
        </Page>
    }
}

/// The dashboard's living part, which is all of it.
#[island]
fn Dashboard() -> impl IntoView {
    let (list, query, notice) = given::<(Result<ConnectionList, AppError>, ListQuery, Option<Notice>)>();
    let query = RwSignal::new(query);
    let (list, poll) = Poll::start(list, move |list| newest(query.get_untracked(), list));
    let actions = Actions::new(poll, notice);
    let bulk = Bulk::new(list, poll, query);
    let changed = move || {
        bulk.keep_to_query();
        poll.refresh();
    };
    follow_url(query, |params| ListQuery::from_params(params), changed);
    let on_submit = move |event: SubmitEvent| {
        let Some(change) = asked_for(&event) else { return };
        let undo = list.with_untracked(|list| {
            let row = list.rows.iter().find(|row| row.endpoint.to_string() == change.endpoint);
            row.map(|row| row.auto_reconnect)
        });
        actions.perform(change, undo, |_| {});
    };
    let on_click = move |event: MouseEvent| {
        clicked(&event, poll, actions);
        bulk.clicked(&event);
    };
    let top = move || poll.asking().with(|asking| list.with(|list| query.with(|query| top(asking, list, query))));
    view! {
        <div class="live" on:submit=on_submit on:click=on_click>
            {top}
            <AddConnection list actions/>
            {notices(actions)}
            <ConnectionsSection list poll query bulk/>
            {bulk_dialog(bulk)}
        </div>
    }
}

/// Asks for the list as it is now. Of one that is shown already only the time is sent.
async fn newest(query: ListQuery, list: RwSignal<ConnectionList>) -> Result<ConnectionList, AppError> {
    let shown = list.with_untracked(|list| list.version);
    Ok(list_connections(query, Some(shown)).await?.over(list.get_untracked()))
}

/// What stands above the form and the list.
fn top(asking: &Asking, list: &ConnectionList, query: &ListQuery) -> impl IntoView + use<> {
    let grafana = list.grafana_url.clone();
    view! {
        <div class="page-head">
            <h1>"WebSocket Monitoring"</h1>
            // The way to the curves, where there is one.
            <a class="grafana" hidden=grafana.is_none() href=grafana>"Grafana"</a>
            {freshness(asking)}
        </div>
        {refresh_error(asking, "The list")}
        {disk_full(list.disk_full)}
        {store_problem(list.store_problem.as_deref())}
        {summary_figures((asking.answers > 0).then_some(list.summary), query)}
    }
}
