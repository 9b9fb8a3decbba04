//! An administrator's own account: the password, and where one is signed in.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    prelude::*,
    task::spawn_local,
};
use web_sys::{Element, FormData, HtmlFormElement};

use crate::{
    api::{change_password, end_session, load_account},
    error::AppError,
    ui::{
        components::{Page, refresh_error},
        format,
        live::{Give, Given, given},
        poll::Poll,
    },
};
use wsmon_model::{Account, LoginSession, PASSWORD_MIN_CHARS};

/// An administrator's own account.
#[component]
pub fn OwnAccount() -> impl IntoView {
    view! {
        <Page title="Account" is_live=true>
            <h1>"Account"</h1>
            {Suspend::new(async {
                let account = load_account().await;
                view! {
                    <Give value=Given::new(&account)>
                        <Details/>
                    </Give>
                }
            })}
        </Page>
    }
}

/// The living part.
#[island]
fn Details() -> impl IntoView {
    let (account, poll) = Poll::start(given::<Result<Account, AppError>>(), |_| load_account());
    let news = RwSignal::new(String::new());
    let end = move |event: MouseEvent| {
        let button = event_target::<Element>(&event).closest("[data-session]").ok().flatten();
        let Some(key) = button.and_then(|button| button.get_attribute("data-session")) else { return };
        spawn_local(async move {
            tell(news, end_session(key).await, "The session has ended.");
            poll.refresh();
        });
    };
    view! {
        <div class="live">
            {move || poll.asking().with(|asking| refresh_error(asking, "Your account"))}
            <p role="status" class="notice news" hidden=move || news.with(String::is_empty)>{news}</p>
            <ChangePassword name=account.with_untracked(|account| account.name.clone()) news poll/>
            <section aria-labelledby="sessions" class="stack" on:click=end>
                <h2 id="sessions">"Sessions"</h2>
                {move || account.with(sessions)}
            </section>
        </div>
    }
}

fn sessions(account: &Account) -> impl IntoView + use<> {
    let item = |session: &LoginSession| session_item(session, account.now_ms);
    view! { <ul class="stack">{account.sessions.iter().map(item).collect_view()}</ul> }
}

fn session_item(session: &LoginSession, now_ms: i64) -> impl IntoView + use<> {
    let began = format::utc(session.started_ms);
    let label = format!("End the session from {} that began {began} UTC", session.address);
    let used = last_used(now_ms - session.used_ms);
    view! {
        <li class="panel session">
            <span class="number">{session.address.clone()}</span>
            <span class="agent">{session.agent.to_string()}</span>
            <span class="quiet number">{format!("since {began} UTC, last used {used}")}</span>
            <span class="quiet" hidden=!session.current>"This session"</span>
            <button type="button" aria-label=label data-session=session.key.clone() hidden=session.current>"End"</button>
        </li>
    }
}

/// How long ago a session was used. The server notes that to the minute: the last use may be later.
fn last_used(ms: i64) -> String {
    if ms < 60 * 60 * 1_000 { format::within(ms) } else { format::ago(ms) }
}

fn tell(news: RwSignal<String>, outcome: Result<(), AppError>, good: &str) {
    news.set(outcome.map_or_else(|error| error.to_string(), |()| good.to_owned()));
}

#[component]
fn ChangePassword(name: String, news: RwSignal<String>, poll: Poll) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event_target::<HtmlFormElement>(&event);
        let Ok(fields) = FormData::new_with_form(&form) else { return };
        let field = |name: &str| fields.get(name).as_string().unwrap_or_default();
        if field("new") != field("repeated") {
            news.set("The new password and its repetition differ.".to_owned());
            return;
        }
        let request = change_password(field("current"), field("new"));
        spawn_local(async move {
            let outcome = request.await;
            if outcome.is_ok() {
                form.reset();
            }
            tell(news, outcome, "The password is changed, and every other session has ended.");
            poll.refresh();
        });
    };
    let field = |label: &'static str, name: &'static str, purpose: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input type="password" name=name autocomplete=purpose required/>
            </label>
        }
    };
    view! {
        <form class="panel stack narrow" aria-label="Change password" method="post" on:submit=submit>
            <h2>"Change password"</h2>
            <p class="quiet">
                "Signed in as " <strong>{name.clone()}</strong>
                {format!(". A password has at least {PASSWORD_MIN_CHARS} characters.")}
            </p>
            // Tells password managers whose password this is.
            <input type="hidden" name="username" autocomplete="username" value=name/>
            {field("Current password", "current", "current-password")}
            {field("New password", "new", "new-password")}
            {field("New password, again", "repeated", "new-password")}
            <button type="submit" class="primary">"Change password"</button>
        </form>
    }
}
