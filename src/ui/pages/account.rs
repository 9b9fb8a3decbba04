//! An administrator's own account: the password, and where one is signed in.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{change_password, end_session, load_account},
    error::AppError,
    ui::{
        components::{Header, RefreshError},
        format,
        poll::Poll,
    },
};
use wsmon_model::{Account, LoginSession, PASSWORD_MIN_CHARS};

/// An administrator's own account.
#[component]
pub fn OwnAccount() -> impl IntoView {
    let first = Resource::new(|| (), |()| load_account());
    view! {
        <Title text="Account · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <h1>"Account"</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Loading…"</p> }>
                {move || first.get().map(|first| view! { <Details first/> })}
            </Suspense>
        </main>
    }
}

#[component]
fn Details(first: Result<Account, AppError>) -> impl IntoView {
    let poll = Poll::start(first, load_account);
    let account = poll.value();
    let news = RwSignal::new(String::new());
    let no_news = Signal::derive(move || news.with(String::is_empty));
    let name = Signal::derive(move || account.with(|account| account.name.clone()));
    view! {
        <RefreshError progress=poll.progress() what="Your account"/>
        <p role="status" class="notice news" hidden=no_news>{news}</p>
        <ChangePassword name news poll/>
        <section aria-labelledby="sessions" class="stack">
            <h2 id="sessions">"Sessions"</h2>
            <ul class="stack">
                {move || account.with(|account| {
                    account.sessions.iter().map(|session| session_item(session, account.now_ms, news, poll)).collect_view()
                })}
            </ul>
        </section>
    }
}

fn session_item(
    session: &LoginSession,
    now_ms: i64,
    news: RwSignal<String>,
    poll: Poll<Account>,
) -> impl IntoView + use<> {
    let key = session.key.clone();
    let end = move |_| {
        let request = end_session(key.clone());
        spawn_local(async move {
            tell(news, request.await, "The session has ended.");
            poll.refresh();
        });
    };
    let label = format!("End the session from {} that began {} UTC", session.address, format::utc(session.started_ms));
    let used = last_used(now_ms - session.used_ms);
    let ending = if session.current {
        view! { <span class="quiet">"This session"</span> }.into_any()
    } else {
        view! { <button type="button" aria-label=label on:click=end>"End"</button> }.into_any()
    };
    view! {
        <li class="panel session">
            <span class="number">{session.address.clone()}</span>
            <span class="agent">{session.agent.to_string()}</span>
            <span class="quiet number">{format!("since {} UTC, last used {used}", format::utc(session.started_ms))}</span>
            {ending}
        </li>
    }
}

/// How long ago a session was used. The server notes that to the minute: the last use may be later.
fn last_used(ms: i64) -> String {
    if ms < 60 * 60 * 1_000 { format::within(ms) } else { format::ago(ms) }
}

fn tell(news: RwSignal<String>, outcome: Result<(), AppError>, good: &str) {
    news.try_set(outcome.map_or_else(|error| error.to_string(), |()| good.to_owned()));
}

#[component]
fn ChangePassword(name: Signal<String>, news: RwSignal<String>, poll: Poll<Account>) -> impl IntoView {
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if new.get_untracked() != repeated.get_untracked() {
            news.set("The new password and its repetition differ.".to_owned());
            return;
        }
        let request = change_password(current.get_untracked(), new.get_untracked());
        spawn_local(async move {
            let outcome = request.await;
            if outcome.is_ok() {
                for field in [current, new, repeated] {
                    field.try_set(String::new());
                }
            }
            tell(news, outcome, "The password is changed, and every other session has ended.");
            poll.refresh();
        });
    };
    let field = |label: &'static str, purpose: &'static str, value: RwSignal<String>| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    type="password"
                    autocomplete=purpose
                    required
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                />
            </label>
        }
    };
    view! {
        <form class="panel stack narrow" aria-label="Change password" on:submit=submit>
            <h2>"Change password"</h2>
            <p class="quiet">
                "Signed in as " <strong>{name}</strong>
                {format!(". A password has at least {PASSWORD_MIN_CHARS} characters.")}
            </p>
            // Tells password managers whose password this is.
            <input type="hidden" name="username" autocomplete="username" value=name/>
            {field("Current password", "current-password", current)}
            {field("New password", "new-password", new)}
            {field("New password, again", "new-password", repeated)}
            <button type="submit" class="primary">"Change password"</button>
        </form>
    }
}
