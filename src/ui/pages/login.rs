//! The login page: a plain form.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::ui::components::LonePage;
use wsmon_model::LoginRetry;

/// The login page.
#[component]
pub fn Login() -> impl IntoView {
    let retry = use_context::<LoginRetry>();
    let failure = retry.as_ref().map(|retry| retry.failure.to_string());
    let next = retry.map(|retry| retry.next);
    let next = next.or_else(|| use_query_map().with_untracked(|query| query.get("next"))).unwrap_or_default();
    view! {
        <LonePage title="Sign in">
            <form class="panel stack" method="post" action="/login">
                <h1>"WebSocket Monitor"</h1>
                {failure.map(|failure| view! { <p role="alert" class="field-error">{failure}</p> })}
                <input type="hidden" name="next" value=next/>
                <label class="field">
                    <span>"Username"</span>
                    <input type="text" name="username" value="admin" autocomplete="username" autocapitalize="none" required/>
                </label>
                <label class="field">
                    <span>"Password"</span>
                    <input type="password" name="password" autocomplete="current-password" required autofocus/>
                </label>
                <button type="submit" class="primary">"Sign in"</button>
            </form>
        </LonePage>
    }
}
