//! The audit log: who did what, when, from where, with which outcome.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use strum::VariantArray;

use crate::{
    api::list_audit,
    error::AppError,
    ui::{
        components::{Header, Pager, RefreshError, SearchBox, links},
        format,
        poll::Poll,
    },
};
use wsmon_model::{AuditAction, AuditEntry, AuditPage, AuditQuery};

/// The audit log.
#[component]
pub fn AuditLog() -> impl IntoView {
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(|params| AuditQuery::from_params(|name| params.get(name))));
    let first = Resource::new(|| (), move |()| list_audit(query.get_untracked()));
    view! {
        <Title text="Audit · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <h1>"Audit"</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Loading…"</p> }>
                {move || first.get().map(|first| view! { <Log first query/> })}
            </Suspense>
        </main>
    }
}

#[component]
fn Log(first: Result<AuditPage, AppError>, query: Memo<AuditQuery>) -> impl IntoView {
    let poll = Poll::start(first, move || list_audit(query.get_untracked()));
    Effect::watch(move || query.get(), move |_, _, _| poll.refresh(), false);
    let page = poll.value();
    let part = Memo::new(move |_| page.with(|page| (page.page, page.matching)));
    let href = Callback::new(move |number| links::audit(&AuditQuery { page: number, ..query.get() }));
    let has_some = Signal::derive(move || !poll.loaded().get() || part.get().1 != 0);
    view! {
        <RefreshError progress=poll.progress() what="The audit log"/>
        <section class="connections" aria-label="Audit log">
            <div class="list-head">
                <Filters query/>
                <Pager part href/>
            </div>
            <table class="list" role="table" aria-label="Audit log">
                <thead role="rowgroup">
                    <tr role="row">
                        {["When (UTC)", "Who", "From", "Action", "To what", "Outcome"]
                            .map(|text| view! { <th role="columnheader" scope="col">{text}</th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {move || page.with(|page| page.rows.iter().map(row).collect_view())}
                </tbody>
            </table>
            <div class="empty" hidden=has_some>
                <p>"Nothing is written down that matches."</p>
            </div>
        </section>
    }
}

fn row(entry: &AuditEntry) -> impl IntoView + use<> {
    let cells = [
        ("Who", entry.who.to_string()),
        ("From", entry.address.clone()),
        ("Action", entry.action.label().to_owned()),
        ("To what", entry.object.to_string()),
    ];
    let detail = entry.detail.to_string();
    let no_detail = detail.is_empty();
    view! {
        <tr role="row" data-action=entry.action.as_str()>
            <td role="cell" class="when" data-label="When (UTC)">{format::utc(entry.at_ms)}</td>
            {cells.map(|(label, text)| view! { <td role="cell" class="entry" data-label=label>{text}</td> }).collect_view()}
            <td role="cell" class="status" data-label="Outcome">
                {entry.outcome.label()} <p class="standing quiet reason" hidden=no_detail>{detail}</p>
            </td>
        </tr>
    }
}

#[component]
fn Filters(query: Memo<AuditQuery>) -> impl IntoView {
    let navigate = use_navigate();
    let go = Callback::new(move |wanted: AuditQuery| {
        navigate(&links::audit(&wanted), NavigateOptions { replace: true, scroll: false, ..Default::default() });
    });
    let search = Callback::new(move |text| go.run(AuditQuery { search: text, page: 0, ..query.get_untracked() }));
    let choose = move |word: String| {
        go.run(AuditQuery { action: word.parse().ok(), page: 0, ..query.get_untracked() });
    };
    let text = Signal::derive(move || query.with(|query| query.search.clone()));
    let chosen = query.with_untracked(|query| query.action);
    let option = |action: AuditAction| {
        view! { <option value=action.as_str() selected=chosen == Some(action)>{action.label()}</option> }
    };
    view! {
        <select aria-label="Action" on:change:target=move |event| choose(event.target().value())>
            <option value="">"Every action"</option>
            {AuditAction::VARIANTS.iter().copied().map(option).collect_view()}
        </select>
        <SearchBox label="Search the audit log" placeholder="Search who, from, to what" text search/>
    }
}
