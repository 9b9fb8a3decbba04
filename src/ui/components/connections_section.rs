//! The list of connections, with its search, sort and pages.

use leptos::prelude::*;

use super::{
    bulk::Bulk,
    connection_row::{CHANGES, connection_cells},
    links,
    pager::pager,
    search_box::search_box,
    selection_bar::selection_bar,
    service_filter::service_filter,
};
use crate::ui::{poll::Poll, url::go};
use wsmon_model::{Connection, ConnectionList, EndpointId, ListQuery, SortKey};

/// The list of connections.
#[component]
pub fn ConnectionsSection(
    /// One page of the list.
    list: RwSignal<ConnectionList>,
    poll: Poll,
    /// What was asked for.
    query: RwSignal<ListQuery>,
    bulk: Bulk,
) -> impl IntoView {
    let ids = move || list.with(|list| list.rows.iter().map(|row| row.endpoint.clone()).collect::<Vec<_>>());
    let search = move |text: String| {
        go(&links::monitor(&ListQuery { search: text, page: 0, ..query.get_untracked() }), true);
    };
    let text = move || query.with(|query| query.search.clone());
    let parts = move || {
        query.with(|query| {
            list.with(|list| {
                let href = |page| links::monitor(&ListQuery { page, ..query.clone() });
                (service_filter(&list.services, query), pager(list.page, list.matching, &href))
            })
        })
    };
    view! {
        <section class="connections" aria-labelledby="connections">
            <form id=CHANGES method="post" hidden></form>
            <div class="list-head">
                <h2 id="connections">"Connections"</h2>
                // For the browser to send. Once the page lives, what is typed is in the URL already.
                <form on:submit=|event| event.prevent_default()>
                    {search_box("Search connections", "Search", text, search)}
                    {query.with_untracked(kept)}
                </form>
                <button type="button" class="plain scripted" data-click="keys">"Keys"</button>
                {parts}
            </div>
            <table class="list" role="table" aria-labelledby="connections">
                <thead role="rowgroup">
                    <tr role="row">{move || page_box(bulk.selected_on_page())} {move || query.with(headings)}</tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=ids key=Clone::clone children=move |id| row(list, poll, bulk, id)/>
                </tbody>
            </table>
            {move || list.with(|list| empty(list, poll.asking().with(|asking| asking.answers > 0)))}
            {selection_bar(bulk)}
        </section>
    }
}

/// One row. It outlives its place in the list by a moment, and then keeps what it last was.
///
/// When its connection has changed its cells are made anew: leptos compares them with those that are there, and touches only
/// what differs. In a row that has not changed only times go on.
fn row(list: RwSignal<ConnectionList>, poll: Poll, bulk: Bulk, id: EndpointId) -> impl IntoView {
    let name = id.to_string();
    let select = select_box(bulk, id.clone());
    let connection = Memo::new(move |last: Option<&Option<Connection>>| {
        let now = list.with(|list| list.rows.iter().find(|row| row.endpoint == id).cloned());
        now.or_else(|| last.cloned().flatten())
    });
    let clock = move || (list.with(|list| list.now_ms), poll.age_ms());
    let cells = move || connection.with(|now| now.as_ref().map(|now| connection_cells(now, clock)));
    view! { <tr role="row" data-endpoint=name>{select} {cells}</tr> }
}

/// Selects one connection.
fn select_box(bulk: Bulk, id: EndpointId) -> impl IntoView {
    let name = id.to_string();
    let label = format!("Select {name}");
    let is_selected = move || bulk.is_selected(&id);
    view! {
        <td role="cell" class="select scripted">
            <input
                type="checkbox"
                aria-label=label
                autocomplete="off"
                data-click="select"
                data-of=name
                prop:checked=is_selected
            />
        </td>
    }
}

/// Selects all connections of the page, of which so many are `selected`. Its text is seen where the table has no head.
fn page_box((selected, rows): (usize, usize)) -> impl IntoView {
    let (are_all, are_some) = (rows > 0 && selected == rows, (1..rows).contains(&selected));
    view! {
        <th role="columnheader" scope="col" class="select scripted">
            <label class="check">
                <input
                    type="checkbox"
                    autocomplete="off"
                    data-click="select-page"
                    disabled=rows == 0
                    prop:checked=are_all
                    prop:indeterminate=are_some
                />
                <span>"Select all on this page"</span>
            </label>
        </th>
    }
}

/// What a search keeps of the query besides the text.
fn kept(query: &ListQuery) -> impl IntoView + use<> {
    let kept = ListQuery { search: String::new(), page: 0, ..query.clone() }.to_params();
    let field = |(name, value): (&'static str, String)| view! { <input type="hidden" name=name value=value/> };
    kept.into_iter().map(field).collect_view()
}

fn headings(query: &ListQuery) -> impl IntoView + use<> {
    let heading = |text: &'static str, key: SortKey| {
        let sort = query.sort;
        let order = (sort.key == key).then_some(if sort.reversed { "descending" } else { "ascending" });
        let href = links::monitor(&ListQuery { sort: sort.toggled(key), page: 0, ..query.clone() });
        view! {
            <th role="columnheader" scope="col" aria-sort=order>
                <a href=href>{text}</a>
            </th>
        }
    };
    (
        heading("Endpoint", SortKey::Endpoint),
        view! { <th role="columnheader" scope="col">"URL"</th> },
        heading("Status", SortKey::Status),
        heading("Auto Reconnect", SortKey::AutoReconnect),
        heading("Messages", SortKey::Messages),
        heading("Last message", SortKey::LastMessage),
        view! { <th role="columnheader" scope="col">"Actions"</th> },
    )
}

/// What to do when there is nothing to list. That there is nothing is not said of a list that could not
/// be loaded.
fn empty(list: &ConnectionList, is_loaded: bool) -> impl IntoView + use<> {
    let has_none = list.summary.total == 0;
    let default = list.services.iter().find(|service| service.name.is_default());
    let prefix = default.map(|service| service.base_url.prefix().to_owned()).unwrap_or_default();
    let sample = |id: &EndpointId| {
        view! {
            <form method="post">
                <input type="hidden" name="endpoint" value=id.to_string()/>
                <input type="hidden" name="auto_reconnect" value="on"/>
                <button name="add">{format!("Connect {id}")}</button>
            </form>
        }
    };
    view! {
        <div class="empty" hidden=!(is_loaded && has_none)>
            <h3>"No connections yet"</h3>
            <p>
                "Enter the name of an endpoint above, the part of its URL after " <code>{prefix}</code> ", and press Connect."
            </p>
            <p hidden=list.samples.is_empty()>"Or start with one of the demo's sample endpoints:"</p>
            <div class="samples">{list.samples.iter().map(sample).collect_view()}</div>
        </div>
        <div class="empty" hidden=has_none || list.matching != 0>
            <h3>"No connection matches"</h3>
            <p><a href=links::MONITOR>"Show all connections"</a></p>
        </div>
    }
}
