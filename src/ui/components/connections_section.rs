//! The list of connections, with its search, sort and pages.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Actions, Pager, SearchBox, connection_row::ConnectionRow, links, service_filter::ServiceFilter};
use wsmon_model::{Connection, ConnectionList, EndpointId, ListQuery, SortKey};

/// The list of connections.
#[component]
pub fn ConnectionsSection(
    /// One page of the list.
    list: Signal<ConnectionList>,
    /// What was asked for.
    query: Memo<ListQuery>,
    /// Whether there is a list yet.
    loaded: Signal<bool>,
    /// How old the list is, in milliseconds.
    age_ms: Signal<i64>,
) -> impl IntoView {
    // The server's clock, so that a browser's wrong clock shows no wrong times.
    let answered_ms = Signal::derive(move || list.with(|list| list.now_ms));
    let names =
        Memo::new(move |_| list.with(|list| list.rows.iter().map(|row| row.endpoint.clone()).collect::<Vec<_>>()));
    let part = Memo::new(move |_| list.with(|list| (list.page, list.matching)));
    let href = Callback::new(move |page| links::monitor(&ListQuery { page, ..query.get() }));
    view! {
        <section class="connections" aria-labelledby="connections">
            <div class="list-head">
                <h2 id="connections">"Connections"</h2>
                <Search query/>
                <ServiceFilter list query/>
                <Pager part href/>
            </div>
            <table class="list" role="table" aria-labelledby="connections">
                <thead role="rowgroup">
                    <tr role="row">
                        <Heading text="Endpoint" key=Some(SortKey::Endpoint) query/>
                        <Heading text="URL" key=None query/>
                        <Heading text="Status" key=Some(SortKey::Status) query/>
                        <Heading text="Auto Reconnect" key=Some(SortKey::AutoReconnect) query/>
                        <Heading text="Messages" key=Some(SortKey::Messages) query/>
                        <Heading text="Last message" key=Some(SortKey::LastMessage) query/>
                        <Heading text="Actions" key=None query/>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For
                        each=move || names.get()
                        key=Clone::clone
                        children=move |name| {
                            row(list, name).map(|connection| view! { <ConnectionRow connection answered_ms age_ms/> })
                        }
                    />
                </tbody>
            </table>
            <Empty list loaded/>
        </section>
    }
}

/// One row's own view of the list, which changes only when the row does. It outlives the row's
/// place in the list by a moment, and then keeps its last value.
fn row(list: Signal<ConnectionList>, name: EndpointId) -> Option<Memo<Connection>> {
    let find = move || list.with(|list| list.rows.iter().find(|row| row.endpoint == name).cloned());
    let first = untrack(&find)?;
    Some(Memo::new(move |last: Option<&Connection>| find().or_else(|| last.cloned()).unwrap_or_else(|| first.clone())))
}

#[component]
fn Heading(text: &'static str, key: Option<SortKey>, query: Memo<ListQuery>) -> impl IntoView {
    let Some(key) = key else {
        return view! { <th role="columnheader" scope="col">{text}</th> }.into_any();
    };
    let order = Signal::derive(move || {
        let sort = query.with(|query| query.sort);
        (sort.key == key).then_some(if sort.reversed { "descending" } else { "ascending" })
    });
    let href = Signal::derive(move || {
        let query = query.get();
        links::monitor(&ListQuery { sort: query.sort.toggled(key), page: 0, ..query })
    });
    view! {
        <th role="columnheader" scope="col" aria-sort=order>
            <a href=href data-noscroll="">{text}</a>
        </th>
    }
    .into_any()
}

#[component]
fn Search(query: Memo<ListQuery>) -> impl IntoView {
    let navigate = use_navigate();
    let text = Signal::derive(move || query.with(|query| query.search.clone()));
    let search = Callback::new(move |text: String| {
        let wanted = ListQuery { search: text, page: 0, ..query.get_untracked() };
        let options = NavigateOptions { replace: true, scroll: false, ..Default::default() };
        navigate(&links::monitor(&wanted), options);
    });
    view! { <SearchBox label="Search connections" placeholder="Search" text search/> }
}

/// What to do when there is nothing to list. That there is nothing is not said of a list that could not
/// be loaded.
#[component]
fn Empty(list: Signal<ConnectionList>, loaded: Signal<bool>) -> impl IntoView {
    let has_some = Signal::derive(move || !loaded.get() || list.with(|list| list.summary.total != 0));
    let has_match = Signal::derive(move || list.with(|list| list.summary.total == 0 || list.matching != 0));
    let no_samples = Signal::derive(move || list.with(|list| list.samples.is_empty()));
    let prefix = Signal::derive(move || {
        list.with(|list| {
            list.services
                .iter()
                .find(|service| service.name.is_default())
                .map(|service| service.base_url.prefix().to_owned())
                .unwrap_or_default()
        })
    });
    view! {
        <div class="empty" hidden=has_some>
            <h3>"No connections yet"</h3>
            <p>
                "Enter the name of an endpoint above, the part of its URL after " <code>{prefix}</code> ", and press Connect."
            </p>
            <p hidden=no_samples>"Or start with one of the demo's sample endpoints:"</p>
            <div class="samples">
                <For
                    each=move || list.with(|list| list.samples.clone())
                    key=Clone::clone
                    children=|name| view! { <Sample name/> }
                />
            </div>
        </div>
        <div class="empty" hidden=has_match>
            <h3>"No connection matches"</h3>
            <p><a href=links::MONITOR data-noscroll="">"Show all connections"</a></p>
        </div>
    }
}

/// A button that adds one of the demo's endpoints.
#[component]
fn Sample(name: EndpointId) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let label = format!("Connect {name}");
    view! {
        <button type="button" on:click=move |_| actions.connect(name.to_string(), Some(true), |_| {})>
            {label}
        </button>
    }
}
