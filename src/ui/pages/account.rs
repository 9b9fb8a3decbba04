//! An administrator's own account: the password, and where one is signed in. Plain forms change it, and no part of it lives
//! on.

use leptos::prelude::*;

use crate::{
    api::load_account,
    changes::{END_SESSION, Notice},
    ui::{
        components::{Page, not_loaded},
        format,
    },
};
use wsmon_model::{Account, LoginSession, PASSWORD_MIN_CHARS};

/// An administrator's own account.
#[component]
pub fn OwnAccount() -> impl IntoView {
    let news = use_context::<Notice>().map_or_else(String::new, |notice| notice.text);
    view! {
        <Page title="Account">
            <h1>"Account"</h1>
            <p role="status" class="notice news" hidden=news.is_empty()>{news.clone()}</p>
            {Suspend::new(async {
                match load_account().await {
                    Ok(account) => details(&account).into_any(),
                    Err(error) => not_loaded("Your account", &error).into_any(),
                }
            })}
        </Page>
    }
}

fn details(account: &Account) -> impl IntoView + use<> {
    let item = |session: &LoginSession| session_item(session, account.now_ms);
    view! {
        {change_password(&account.name)}
        <section aria-labelledby="sessions" class="stack">
            <h2 id="sessions">"Sessions"</h2>
            <form method="post">
                <ul class="stack">{account.sessions.iter().map(item).collect_view()}</ul>
            </form>
        </section>
    }
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
            <button name=END_SESSION value=session.key.clone() aria-label=label hidden=session.current>"End"</button>
        </li>
    }
}

/// How long ago a session was used. The server notes that to the minute: the last use may be later.
fn last_used(ms: i64) -> String {
    if ms < 60 * 60 * 1_000 { format::within(ms) } else { format::ago(ms) }
}

fn change_password(name: &str) -> impl IntoView + use<> {
    let field = |label: &'static str, name: &'static str, purpose: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input type="password" name=name autocomplete=purpose required/>
            </label>
        }
    };
    view! {
        <form class="panel stack narrow" aria-label="Change password" method="post">
            <h2>"Change password"</h2>
            <p class="quiet">
                "Signed in as " <strong>{name.to_owned()}</strong>
                {format!(". A password has at least {PASSWORD_MIN_CHARS} characters.")}
            </p>
            // Tells password managers whose password this is.
            <input type="hidden" name="username" autocomplete="username" value=name.to_owned()/>
            {field("Current password", "current", "current-password")}
            {field("New password", "new", "new-password")}
            {field("New password, again", "repeated", "new-password")}
            <button type="submit" class="primary">"Change password"</button>
        </form>
    }
}
