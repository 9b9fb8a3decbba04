//! The audit log: who did what, when, from where, with which outcome. A form filters it, and no part of it lives on.

use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_router::hooks::use_query_map;
use strum::VariantArray;

use crate::{
    api::list_audit,
    ui::{
        components::{Page, links, not_loaded, pager},
        format,
    },
};
use wsmon_model::{AuditAction, AuditEntry, AuditPage, AuditQuery};

/// Sends the filter's form once an action is chosen, as Enter does in the search.
const SCRIPT: &str = "document.querySelector('.filters select').addEventListener('change', ({ target }) => target.form.requestSubmit());";

/// The audit log.
#[component]
pub fn AuditLog() -> impl IntoView {
    let query = use_query_map().with_untracked(|params| AuditQuery::from_params(|name| params.get(name)));
    let nonce = use_nonce();
    view! {
        <Page title="Audit">
            <h1>"Audit"</h1>
            {Suspend::new(async move {
                match list_audit(query.clone()).await {
                    Ok(page) => log(&page, &query, nonce).into_any(),
                    Err(error) => not_loaded("The audit log", &error).into_any(),
                }
            })}
        </Page>
    }
}

fn log(page: &AuditPage, query: &AuditQuery, nonce: Option<Nonce>) -> impl IntoView + use<> {
    let href = |page| links::audit(&AuditQuery { page, ..query.clone() });
    view! {
        <section class="connections" aria-label="Audit log">
            <div class="list-head">{filters(query)} {pager(page.page, page.matching, &href)}</div>
            {entries(page)}
        </section>
        <script nonce=nonce>{SCRIPT}</script>
    }
}

fn filters(query: &AuditQuery) -> impl IntoView + use<> {
    let chosen = query.action;
    let option = |action: AuditAction| {
        view! { <option value=action.as_str() selected=chosen == Some(action)>{action.label()}</option> }
    };
    view! {
        <form class="filters">
            <select name="action" aria-label="Action" autocomplete="off">
                <option value="">"Every action"</option>
                {AuditAction::VARIANTS.iter().copied().map(option).collect_view()}
            </select>
            <input
                type="search"
                name="q"
                aria-label="Search the audit log"
                placeholder="Search who, from, to what"
                autocomplete="off"
                spellcheck="false"
                value=query.search.clone()
            />
            <button>"Search"</button>
        </form>
    }
}

fn entries(page: &AuditPage) -> impl IntoView + use<> {
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
        <div class="empty" hidden=page.matching != 0>
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
