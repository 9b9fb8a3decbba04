//! What is shown where there is no page.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page for a path that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found · WebSocket Monitor"/>
        <main class="lone" id="main">
            <h1>"There is no such page"</h1>
            <p>
                "Go to the " <a href="/admin">"Admin Dashboard"</a> "."
            </p>
        </main>
    }
}
