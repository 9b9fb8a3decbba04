//! How many connections there are in each status; a click on a figure filters the list.

use leptos::prelude::*;

use super::links;
use crate::ui::format;
use wsmon_model::{ConnectionList, ListQuery, Status};

/// The four figures; dashes until they are known.
#[component]
pub fn SummaryFigures(list: Signal<ConnectionList>, loaded: Signal<bool>, query: Memo<ListQuery>) -> impl IntoView {
    view! {
        <section class="summary" aria-label="Connection Summary">
            <Figure filter=None list loaded query/>
            <Figure filter=Some(Status::Connected) list loaded query/>
            <Figure filter=Some(Status::Connecting) list loaded query/>
            <Figure filter=Some(Status::Disconnected) list loaded query/>
        </section>
    }
}

#[component]
fn Figure(
    filter: Option<Status>,
    list: Signal<ConnectionList>,
    loaded: Signal<bool>,
    query: Memo<ListQuery>,
) -> impl IntoView {
    let word = filter.map_or("total", Status::as_str);
    let label = filter.map_or("Total Connections", Status::label);
    let number = Signal::derive(move || {
        if !loaded.get() {
            return "–".to_owned();
        }
        let summary = list.with(|list| list.summary);
        let number = match filter {
            None => summary.total,
            Some(Status::Connected) => summary.connected,
            Some(Status::Connecting) => summary.connecting,
            Some(Status::Disconnected) => summary.disconnected,
        };
        format::count(number.into())
    });
    let href = Signal::derive(move || links::monitor(&ListQuery { status: filter, page: 0, ..query.get() }));
    let current = Signal::derive(move || query.with(|query| query.status == filter).then_some("true"));
    view! {
        <a class="figure panel" href=href data-noscroll="" aria-current=current data-filter=word>
            <span class="label">
                {filter.map(|_| view! { <span class="shape" aria-hidden="true"></span> })} {label}
            </span>
            " "
            <span class="number" data-summary=word>
                {number}
            </span>
        </a>
    }
}
