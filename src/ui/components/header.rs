//! What stands above every page of the administrator's.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{links, theme_picker::ThemePicker};

/// The page's head: where one is, the theme, the way out.
#[component]
pub fn Header() -> impl IntoView {
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <header class="top">
            <nav aria-label="Main">
                <A href="/admin" exact=true>"Admin Dashboard"</A>
                <A href=links::MONITOR>"WebSocket Monitoring"</A>
                <A href=links::AUDIT>"Audit"</A>
            </nav>
            <div class="top-end">
                <ThemePicker/>
                <A href=links::GUIDE>"Guide"</A>
                <A href=links::ACCOUNT>"Account"</A>
                <form method="post" action="/logout">
                    <button type="submit">"Sign out"</button>
                </form>
            </div>
        </header>
    }
}
