//! The Admin Dashboard: the way to every tool.

use leptos::prelude::*;

use crate::{
    api::load_summary,
    error::AppError,
    ui::{
        components::{Page, links, status_badge},
        format,
    },
};
use wsmon_model::{Status, Summary};

/// The Admin Dashboard.
#[component]
pub fn AdminDashboard() -> impl IntoView {
    view! {
        <Page title="Admin Dashboard">
            <h1>"Admin Dashboard"</h1>
            <section aria-labelledby="tools">
                <h2 id="tools">"Admin tools"</h2>
                <ul class="tools">
                    <li class="panel stack">
                        <h3>
                            <a href=links::MONITOR>"WebSocket Monitoring"</a>
                        </h3>
                        <p>"See, connect, disconnect and understand every WebSocket connection."</p>
                        {Suspend::new(async { summary(load_summary().await) })}
                    </li>
                    <li class="panel stack">
                        <h3>
                            <a href=links::AUDIT>"Audit"</a>
                        </h3>
                        <p>"Who did what, when, from where, and what came of it."</p>
                    </li>
                    <li class="panel stack">
                        <h3>
                            <a href=links::GUIDE>"Monitoring & Observability"</a>
                        </h3>
                        <p>"What every figure, colour, metric, alert and log line means, and what to do."</p>
                    </li>
                </ul>
            </section>
        </Page>
    }
}

/// The connections in a line, as they were when the page was made.
fn summary(summary: Result<Summary, AppError>) -> AnyView {
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => return view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any(),
    };
    let figure = |status: Status, number: u32| {
        view! {
            <li>
                <span class="number">{format::count(number.into())}</span>
                {status_badge(status)}
            </li>
        }
    };
    view! {
        <ul class="line-summary">
            {figure(Status::Connected, summary.connected)}
            {figure(Status::Connecting, summary.connecting)}
            {figure(Status::Disconnected, summary.disconnected)}
        </ul>
        <p class="quiet">"As of when this page was opened."</p>
    }
    .into_any()
}
