//! The audit log: who did what, when, from where, with which outcome.

use leptos::{ev::MouseEvent, prelude::*};
use leptos_router::hooks::use_query_map;
use strum::VariantArray;

use crate::{
    api::list_audit,
    error::AppError,
    ui::{
        components::{Page, clicked, links, pager, refresh_error, search_box},
        format,
        live::{Give, Given, given},
        poll::Poll,
        url::{go, url_query},
    },
};
use wsmon_model::{AuditAction, AuditEntry, AuditPage, AuditQuery};

/// The audit log.
#[component]
pub fn AuditLog() -> impl IntoView {
    let query = use_query_map().with_untracked(|params| AuditQuery::from_params(|name| params.get(name)));
    view! {
        <Page title="Audit" is_live=true>
            <h1>"Audit"</h1>
            {Suspend::new(async move {
                let page = list_audit(query.clone()).await;
                view! {
                    <Give value=Given::new(&(page, query))>
                        <Log/>
                    </Give>
                }
            })}
        </Page>
    }
}

/// The living part.
#[island]
fn Log() -> impl IntoView {
    let (page, query) = given::<(Result<AuditPage, AppError>, AuditQuery)>();
    let query = url_query(query, |params| AuditQuery::from_params(params));
    let (page, poll) = Poll::start(page, move |_| list_audit(query.get_untracked()));
    Effect::watch(move || query.track(), move |(), _, _| poll.refresh(), false);
    let part = move || {
        query.with(|query| {
            let href = |page| links::audit(&AuditQuery { page, ..query.clone() });
            page.with(|page| pager(page.page, page.matching, &href))
        })
    };
    view! {
        <div class="live" on:click=move |event: MouseEvent| clicked(&event, poll, None)>
            {move || poll.asking().with(|asking| refresh_error(asking, "The audit log"))}
            <section class="connections" aria-label="Audit log">
                <div class="list-head">
                    <Filters query/>
                    {part}
                </div>
                {move || page.with(|page| entries(page, poll.asking().with(|asking| asking.answers > 0)))}
            </section>
        </div>
    }
}

fn entries(page: &AuditPage, is_loaded: bool) -> impl IntoView + use<> {
    view! {
        <table class="list" role="table" aria-label="Audit log">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"When (UTC)"</th>
                    <th role="columnheader" scope="col">"Who"</th>
                    <th role="columnheader" scope="col">"From"</th>
                    <th role="columnheader" scope="col">"Action"</th>
                    <th role="columnheader" scope="col">"To what"</th>
                    <th role="columnheader" scope="col">"Outcome"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{page.rows.iter().map(row).collect_view()}</tbody>
        </table>
        <div class="empty" hidden=!is_loaded || page.matching != 0>
            <p>"Nothing is written down that matches."</p>
        </div>
    }
}

fn row(entry: &AuditEntry) -> impl IntoView + use<> {
    let cell = |label: &'static str, text: String| {
        view! { <td role="cell" class="entry" data-label=label>{text}</td> }
    };
    let detail = entry.detail.to_string();
    let no_detail = detail.is_empty();
    view! {
        <tr role="row" data-action=entry.action.as_str()>
            <td role="cell" class="when" data-label="When (UTC)">{format::utc(entry.at_ms)}</td>
            {cell("Who", entry.who.to_string())}
            {cell("From", entry.address.clone())}
            {cell("Action", entry.action.label().to_owned())}
            {cell("To what", entry.object.to_string())}
            <td role="cell" class="status" data-label="Outcome">
                {entry.outcome.label()} " " <p class="standing quiet reason" hidden=no_detail>{detail}</p>
            </td>
        </tr>
    }
}

#[component]
fn Filters(query: RwSignal<AuditQuery>) -> impl IntoView {
    let search = move |text: String| {
        go(&links::audit(&AuditQuery { search: text, page: 0, ..query.get_untracked() }), true);
    };
    let choose = move |word: String| {
        go(&links::audit(&AuditQuery { action: word.parse().ok(), page: 0, ..query.get_untracked() }), true);
    };
    let text = move || query.with(|query| query.search.clone());
    let chosen = query.with_untracked(|query| query.action);
    let option = |action: AuditAction| {
        view! { <option value=action.as_str() selected=chosen == Some(action)>{action.label()}</option> }
    };
    view! {
        // For the browser to send. Once the page lives, what is typed is in the URL already.
        <form on:submit=|event| event.prevent_default()>
            <select name="action" aria-label="Action" on:change:target=move |event| choose(event.target().value())>
                <option value="">"Every action"</option>
                {AuditAction::VARIANTS.iter().copied().map(option).collect_view()}
            </select>
            {search_box("Search the audit log", "Search who, from, to what", text, search)}
        </form>
    }
}
