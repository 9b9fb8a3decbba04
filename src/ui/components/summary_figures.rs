//! How many connections there are in each status; a click on a figure filters the list.

use leptos::prelude::*;

use super::links;
use crate::ui::format;
use wsmon_model::{ListQuery, Status, Summary};

/// The four figures; dashes until they are known.
pub fn summary_figures(summary: Option<Summary>, query: &ListQuery) -> impl IntoView + use<> {
    let figure = |filter: Option<Status>, number: fn(&Summary) -> u32| {
        let word = filter.map_or("total", Status::as_str);
        let number = summary.as_ref().map_or_else(|| "–".to_owned(), |summary| format::count(number(summary).into()));
        let href = links::monitor(&ListQuery { status: filter, page: 0, ..query.clone() });
        view! {
            <a class="figure panel" href=href aria-current=(query.status == filter).then_some("true") data-filter=word>
                <span class="label">
                    <span class="shape" aria-hidden="true" hidden=filter.is_none()></span>
                    " "
                    {filter.map_or("Total Connections", Status::label)}
                </span>
                " "
                <span class="number" data-summary=word>
                    {number}
                </span>
            </a>
        }
    };
    view! {
        <section class="summary" aria-label="Connection Summary">
            {figure(None, |summary| summary.total)}
            {figure(Some(Status::Connected), |summary| summary.connected)}
            {figure(Some(Status::Connecting), |summary| summary.connecting)}
            {figure(Some(Status::Disconnected), |summary| summary.disconnected)}
        </section>
    }
}
