//! The login page: a plain form, so that it works without the browser half.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use wsmon_model::LoginRetry;

/// The login page.
#[component]
pub fn Login() -> impl IntoView {
    // What the server knows of a login that failed, it also tells the browser's half.
    let retry = SharedValue::new(use_context::<LoginRetry>).into_inner();
    let failure = retry.as_ref().map(|retry| retry.failure.to_string());
    let next = retry.map(|retry| retry.next);
    let next = next.or_else(|| use_query_map().with_untracked(|query| query.get("next"))).unwrap_or_default();
    view! {
        <Title text="Sign in · WebSocket Monitor"/>
        <main class="lone" id="main">
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
        </main>
    }
}
