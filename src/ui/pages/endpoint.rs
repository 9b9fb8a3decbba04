//! One connection: how it is, what happened to it, and what differs for it.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use web_sys::FormData;

use crate::{
    api::{load_endpoint, pause_endpoint, resume_endpoint, set_options},
    model::{
        AppError, Connection, ConnectionOptions, EndpointDetails, Event, FieldKind, OPTION_FIELDS, OptionField, Phase,
    },
    ui::{
        components::{Actions, AutoReconnect, Header, Notices, RefreshError, RowActions, Standing, StatusBadge, links},
        format,
        poll::Poll,
    },
};

/// One connection.
#[component]
pub fn OneEndpoint() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("endpoint").unwrap_or_default()));
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
    let options = first.as_ref().map(|details| details.options.clone()).unwrap_or_default();
    let connection = first.as_ref().ok().and_then(|details| details.connection.clone());
    let poll = Poll::start(first, move || load_endpoint(name.get_untracked()));
    let actions = Actions::new(poll);
    provide_context(actions);
    let details = poll.value();
    let age_ms = poll.age_ms();
    let now_ms = Signal::derive(move || details.with(|details| details.now_ms) + age_ms.get());
    let no_events = Signal::derive(move || details.with(|details| !details.events.is_empty()));
    view! {
        <RefreshError error=poll.error() age_ms/>
        {connection.map(|first| {
            let connection = Memo::new(move |_| {
                details.with(|details| details.connection.clone()).unwrap_or_else(|| first.clone())
            });
            view! { <Now connection now_ms actions/> <Notices/> <Options options name actions/> }
        })}
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

/// What differs for it. Secrets are shown as a mask, and stay as they are while the mask stands.
#[component]
fn Options(options: ConnectionOptions, name: Memo<String>, actions: Actions) -> impl IntoView {
    let error = RwSignal::new(String::new());
    let no_error = Signal::derive(move || error.with(String::is_empty));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event_target::<web_sys::HtmlFormElement>(&event);
        let Ok(data) = FormData::new_with_form(&form) else { return };
        match ConnectionOptions::from_fields(|field| data.get(field).as_string().unwrap_or_default()) {
            Ok(options) => {
                let endpoint = name.get_untracked();
                let request = set_options(endpoint.clone(), options);
                spawn_local(async move {
                    let outcome = request.await;
                    let why = match &outcome {
                        Err(AppError::Invalid(why)) => why.clone(),
                        _ => String::new(),
                    };
                    error.try_set(why);
                    actions.told(&endpoint, outcome, "has new options, which hold from now on", "changed");
                });
            }
            Err(why) => error.set(why),
        }
    };
    view! {
        <details class="panel options">
            <summary>"Options"</summary>
            <form class="stack" aria-label="Options" on:submit=submit novalidate>
                <div class="option-fields">
                    {OPTION_FIELDS.map(|field| option_field(field, options.field(field.name))).collect_view()}
                </div>
                <p class="field-error" role="alert" hidden=no_error>{error}</p>
                <div><button type="submit" class="primary">"Save options"</button></div>
            </form>
        </details>
    }
}

fn option_field(field: OptionField, value: String) -> AnyView {
    let OptionField { name, label, hint, kind } = field;
    let control = match kind {
        FieldKind::Switch => {
            return view! {
                <label class="check">
                    <input type="checkbox" name=name checked=!value.is_empty()/>
                    <span>{label}</span>
                </label>
            }
            .into_any();
        }
        FieldKind::Lines => view! {
            <textarea name=name rows="3" spellcheck="false" aria-describedby=name prop:value=value></textarea>
        }
        .into_any(),
        FieldKind::Text | FieldKind::Secret => {
            let kind = if kind == FieldKind::Secret { "password" } else { "text" };
            view! { <input type=kind name=name value=value autocomplete="off" spellcheck="false" aria-describedby=name/> }
                .into_any()
        }
    };
    view! {
        <div>
            <label class="field"><span>{label}</span> {control}</label>
            <small id=name>{hint}</small>
        </div>
    }
    .into_any()
}
