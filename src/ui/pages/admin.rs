//! The Admin Dashboard: the way to every tool.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::load_summary,
    error::AppError,
    ui::{
        components::{Header, RefreshError, StatusBadge, links},
        format,
        poll::Poll,
    },
};
use wsmon_model::{Status, Summary};

/// The Admin Dashboard.
#[component]
pub fn AdminDashboard() -> impl IntoView {
    let first = Resource::new(|| (), |()| load_summary());
    view! {
        <Title text="Admin Dashboard · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <h1>"Admin Dashboard"</h1>
            <section aria-labelledby="tools">
                <h2 id="tools">"Admin tools"</h2>
                <ul class="tools">
                    <li class="panel stack">
                        <h3>
                            <a href=links::MONITOR>"WebSocket Monitoring"</a>
                        </h3>
                        <p>"See, connect, disconnect and understand every WebSocket connection."</p>
                        <Suspense fallback=|| view! { <p class="quiet">"Loading…"</p> }>
                            {move || first.get().map(|first| view! { <LiveSummary first/> })}
                        </Suspense>
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
        </main>
    }
}

/// The connections in a line, kept up to date.
#[component]
fn LiveSummary(first: Result<Summary, AppError>) -> impl IntoView {
    let poll = Poll::start(first, load_summary);
    let summary = poll.value();
    let not_loaded = Signal::derive(move || !poll.loaded().get());
    let figure = move |status: Status| {
        Signal::derive(move || {
            let summary = summary.get();
            let number = match status {
                Status::Connected => summary.connected,
                Status::Connecting => summary.connecting,
                Status::Disconnected => summary.disconnected,
            };
            format::count(number.into())
        })
    };
    view! {
        <RefreshError progress=poll.progress() what="The summary"/>
        <ul class="line-summary" hidden=not_loaded>
            {[Status::Connected, Status::Connecting, Status::Disconnected]
                .map(|status| {
                    view! {
                        <li>
                            <span class="number">{figure(status)}</span>
                            <StatusBadge status=Signal::stored(status)/>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
