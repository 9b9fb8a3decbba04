//! One connection: how it is, what happened to it, and what differs for it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::{load_endpoint, pause_endpoint, resume_endpoint},
    error::AppError,
    ui::{
        components::{
            Actions, AutoReconnect, Header, Notices, OptionsForm, RefreshError, RowActions, Standing, StatusBadge,
            links,
        },
        format,
        poll::Poll,
    },
};
use wsmon_model::{Connection, EndpointDetails, EndpointId, Event, Phase};

/// One connection.
#[component]
pub fn OneEndpoint() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| {
        let text = params.with(|params| params.get("endpoint").unwrap_or_default());
        // An alert's link names the service also where it is the default one.
        text.parse::<EndpointId>().map_or(text, |id| id.to_string())
    });
    let first = Resource::new(move || name.get(), load_endpoint);
    view! {
        <Title text="Connection · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <p><a href=links::MONITOR>"← All connections"</a></p>
            <h1 class="name">{name}</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Loading…"</p> }>
                {move || first.get().map(|first| match first {
                    Err(error @ (AppError::NotFound(_) | AppError::Invalid(_))) => {
                        view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any()
                    }
                    first => view! { <Details first name/> }.into_any(),
                })}
            </Suspense>
        </main>
    }
}

#[component]
fn Details(first: Result<EndpointDetails, AppError>, name: Memo<String>) -> impl IntoView {
    let poll = Poll::start(first, move || load_endpoint(name.get_untracked()));
    let actions = Actions::new(poll);
    provide_context(actions);
    let details = poll.value();
    let age_ms = poll.age_ms();
    let now_ms = Signal::derive(move || details.with(|details| details.now_ms) + age_ms.get());
    // There is none until the first good answer.
    let is_there = Memo::new(move |_| details.with(|details| details.connection.is_some()));
    let no_events = Signal::derive(move || !is_there.get() || details.with(|details| !details.events.is_empty()));
    view! {
        <RefreshError progress=poll.progress() what="The connection"/>
        {move || is_there.get().then(|| view! { <Present details name now_ms actions/> })}
        <section class="connections events" aria-labelledby="events">
            <h2 id="events">"Events"</h2>
            <table class="list" role="table" aria-labelledby="events">
                <thead role="rowgroup">
                    <tr role="row">
                        {["When (UTC)", "What", "Why"]
                            .map(|text| view! { <th role="columnheader" scope="col">{text}</th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">{move || details.with(|details| details.events.iter().map(event_row).collect_view())}</tbody>
            </table>
            <div class="empty" hidden=no_events>
                <p>"Nothing has happened yet."</p>
            </div>
        </section>
    }
}

/// The connection, once it is known.
#[component]
fn Present(
    details: Signal<EndpointDetails>,
    name: Memo<String>,
    now_ms: Signal<i64>,
    actions: Actions,
) -> impl IntoView {
    let first = details.get_untracked();
    first.connection.map(|first_connection| {
        let connection = Memo::new(move |_| {
            details.with(|details| details.connection.clone()).unwrap_or_else(|| first_connection.clone())
        });
        view! {
            <Now connection now_ms actions/>
            <Notices/>
            <OptionsForm options=first.options defaults=first.defaults version=first.options_version name actions/>
        }
    })
}

/// How it is now, and what can be done about it.
#[component]
fn Now(connection: Memo<Connection>, now_ms: Signal<i64>, actions: Actions) -> impl IntoView {
    let status = Signal::derive(move || connection.with(Connection::status));
    let url = Signal::derive(move || connection.with(|connection| connection.url.clone()));
    let phase = move || connection.with(|connection| connection.phase);
    let cannot_pause = Signal::derive(move || !matches!(phase(), Phase::Waiting | Phase::Blocked));
    let cannot_resume = Signal::derive(move || phase() != Phase::Off);
    let name = move || connection.with_untracked(|connection| connection.endpoint.to_string());
    let pause = move |_| {
        actions.ask(name(), pause_endpoint(name()), "is paused: no attempt is made until it is resumed", "paused");
    };
    let resume = move |_| actions.ask(name(), resume_endpoint(name()), "is resumed", "resumed");
    view! {
        <section class="panel stack" aria-label="Connection">
            <p class="url">{url}</p>
            <div><StatusBadge status/> <Standing connection now_ms/></div>
            <div class="row-actions">
                <span>"Auto Reconnect"</span>
                <AutoReconnect connection/>
                <RowActions connection/>
                <button type="button" hidden=cannot_pause on:click=pause>"Pause"</button>
                <button type="button" hidden=cannot_resume on:click=resume>"Resume"</button>
            </div>
        </section>
    }
}

fn event_row(event: &Event) -> impl IntoView + use<> {
    let mut what = event.kind.label().to_owned();
    if event.attempt > 0 {
        what.push_str(&format!(" · attempt {}", event.attempt));
    }
    view! {
        <tr role="row">
            <td role="cell" class="when" data-label="When (UTC)">{format::utc(event.at_ms)}</td>
            <td role="cell" class="entry" data-label="What">{what}</td>
            <td role="cell" class="reason">{event.text.clone()}</td>
        </tr>
    }
}
