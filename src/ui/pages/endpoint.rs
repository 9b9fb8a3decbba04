//! One connection: how it is, what happened to it, and what differs for it.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    prelude::*,
};
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::{load_availability, load_endpoint, load_options},
    changes::{ChangeKind, Notice, OPTIONS, SHOW, UnsavedOptions, id_text},
    error::AppError,
    ui::{
        components::{
            Actions, CHANGES, Page, asked_for, auto_reconnect, availability, change_button, clicked, gaps, links,
            not_loaded, notices, options_form, refresh_error, row_actions, standing, status_badge,
        },
        format,
        live::{Give, Given, given},
        poll::Poll,
    },
};
use wsmon_model::{Advice, Connection, EndpointDetails, Event, Phase, TokenExpiry, TokenRenewal};

/// One connection.
#[component]
pub fn OneEndpoint() -> impl IntoView {
    let text = use_params_map().with_untracked(|params| params.get("endpoint").unwrap_or_default());
    // An alert's link names the service also where it is the default one.
    let name = id_text(text);
    let notice = use_context::<Notice>();
    let unsaved = use_context::<UnsavedOptions>();
    let shows_options = use_query_map().with_untracked(|query| query.get(SHOW)).as_deref() == Some(OPTIONS);
    view! {
        <Page title="Connection" is_live=true>
            <p><a href=links::MONITOR>"← All connections"</a></p>
            <h1 class="name">{name.clone()}</h1>
            {Suspend::new(async move {
                match load_endpoint(name.clone()).await {
                    Err(error @ (AppError::NotFound(_) | AppError::Invalid(_))) => {
                        view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any()
                    }
                    details => {
                        let options = match load_options(name.clone()).await {
                            Ok(options) => options_form(&name, &options, unsaved.as_ref(), shows_options).into_any(),
                            Err(error) => not_loaded("The options", &error).into_any(),
                        };
                        let availability = match load_availability(name.clone()).await {
                            Ok(report) => (availability(&report), gaps(&name, &report)).into_any(),
                            Err(error) => not_loaded("The availability", &error).into_any(),
                        };
                        view! {
                            <Give value=Given::new(&(details, name, notice))>
                                <Details>{availability} {options}</Details>
                            </Give>
                        }
                        .into_any()
                    }
                }
            })}
        </Page>
    }
}

/// The living part. Within it are the options, which the server has rendered.
#[island]
fn Details(children: Children) -> impl IntoView {
    let (details, name, notice) = given::<(Result<EndpointDetails, AppError>, String, Option<Notice>)>();
    let (details, poll) = Poll::start(details, move |_| load_endpoint(name.clone()));
    let actions = Actions::new(poll, notice);
    let on_submit = move |event: SubmitEvent| {
        let Some(change) = asked_for(&event) else { return };
        let undo = details.with_untracked(|details| details.connection.as_ref().map(|now| now.auto_reconnect));
        actions.perform(change, undo, |_| {});
    };
    let now_ms = move || details.with(|details| details.now_ms) + poll.age_ms();
    let now =
        move || details.with(|details| details.connection.as_ref().map(|connection| now(connection, details, now_ms)));
    view! {
        <div class="live" on:submit=on_submit on:click=move |event: MouseEvent| clicked(&event, poll, actions)>
            <form id=CHANGES method="post" hidden></form>
            {move || poll.asking().with(|asking| refresh_error(asking, "The connection"))}
            {now}
            {move || details.with(certificates)}
            {notices(actions)}
            {children()}
            {move || details.with(events)}
        </div>
    }
}

/// How it is now, and what can be done about it.
fn now<F>(connection: &Connection, details: &EndpointDetails, now_ms: F) -> impl IntoView + use<F>
where
    F: Fn() -> i64 + Copy + Send + 'static,
{
    let (name, phase, expiry) = (connection.endpoint.to_string(), connection.phase, details.token_expiry);
    // A sentence of its own as long as none says since when.
    let fresh = connection.silence.as_ref().filter(|silence| silence.stale_since_ms.is_none());
    let longest = fresh.map(|silence| silence.longest.clone()).unwrap_or_default();
    let cannot_pause = !matches!(phase, Phase::Waiting | Phase::Blocked);
    view! {
        <section class="panel stack" aria-label="Connection">
            <p class="url">{connection.url.clone()}</p>
            <div>{status_badge(connection.status())} " " {standing(connection, now_ms)}</div>
            {advice(details.advice.clone())}
            <p class="quiet" hidden=expiry.is_none()>{move || expiry.map(|expiry| token(expiry, now_ms()))}</p>
            {line("quiet", "Without a message: ", longest)}
            <div class="row-actions">
                <span>"Auto Reconnect"</span>
                {auto_reconnect(connection)}
                {row_actions(connection)}
                {change_button(&name, ChangeKind::Pause, "Pause".to_owned(), "Pause", cannot_pause)}
                {change_button(&name, ChangeKind::Resume, "Resume".to_owned(), "Resume", phase != Phase::Off)}
            </div>
        </section>
    }
}

/// What to do, how sure that is, and where the guide tells more.
fn advice(Advice { text, certainty, guide }: Advice) -> impl IntoView {
    let href = format!("{}#{guide}", links::GUIDE);
    view! {
        {line("advice", "", text)}
        {line("quiet", "How sure this is: ", certainty)}
        <a class="quiet" href=href hidden=guide.is_empty()>"More in the guide"</a>
    }
}

/// A paragraph; not there without its text.
fn line(class: &'static str, before: &'static str, text: String) -> impl IntoView {
    let nothing = text.is_empty();
    view! { <p class=class hidden=nothing>{before} {text}</p> }
}

/// Until when its token is valid.
fn token(TokenExpiry { at_ms, renewal }: TokenExpiry, now_ms: i64) -> String {
    let when = if at_ms > now_ms { format::until(at_ms - now_ms) } else { format::ago(now_ms - at_ms) };
    let utc = format::utc(at_ms);
    match (renewal, at_ms > now_ms) {
        (TokenRenewal::Manual, true) => format!("Token expires {when} ({utc} UTC)"),
        (TokenRenewal::Manual, false) => format!("Token expired {when} ({utc} UTC)"),
        (TokenRenewal::Automatic, true) => format!("Token renewed by itself · this one expires {when}"),
        (TokenRenewal::Automatic, false) => format!("Token renewed by itself · the last one expired {when}"),
    }
}

/// Which certificates its service uses, and when they end.
fn certificates(details: &EndpointDetails) -> impl IntoView + use<> {
    let sentences = details.certificates.iter().map(|sentence| view! { <p>{sentence.clone()}</p> }).collect_view();
    view! {
        <section class="panel stack" aria-label="Certificates" hidden=details.certificates.is_empty()>
            {sentences}
        </section>
    }
}

/// What happened to it.
fn events(details: &EndpointDetails) -> impl IntoView + use<> {
    let has_some = details.connection.is_none() || !details.events.is_empty();
    view! {
        <section class="connections events" aria-labelledby="events">
            <h2 id="events">"Events"</h2>
            <table class="list" role="table" aria-labelledby="events">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"When (UTC)"</th>
                        <th role="columnheader" scope="col">"What"</th>
                        <th role="columnheader" scope="col">"Why"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{details.events.iter().map(event_row).collect_view()}</tbody>
            </table>
            <div class="empty" hidden=has_some>
                <p>"Nothing has happened yet."</p>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_how_long_it_lasts_and_who_renews_it() {
        const DAY_MS: i64 = 86_400_000;
        let text = |renewal, left_ms| token(TokenExpiry { at_ms: 10 * DAY_MS + left_ms, renewal }, 10 * DAY_MS);
        assert_eq!(text(TokenRenewal::Manual, 6 * DAY_MS), "Token expires in 6 d (1970-01-17 00:00:00 UTC)");
        assert_eq!(text(TokenRenewal::Manual, -2 * DAY_MS), "Token expired 2 d ago (1970-01-09 00:00:00 UTC)");
        assert_eq!(text(TokenRenewal::Automatic, 4_000), "Token renewed by itself · this one expires in 4 s");
        assert_eq!(text(TokenRenewal::Automatic, -4_000), "Token renewed by itself · the last one expired 4 s ago");
    }
}
