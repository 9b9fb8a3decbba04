//! What is shown where there is no page.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page for a path that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    let request = RwSignal::new(String::new());
    let no_request = Signal::derive(move || request.with(String::is_empty));
    // The server alone knows it, so it cannot be part of what both halves render alike.
    Effect::new(move || {
        let id = document().body().and_then(|body| body.get_attribute("data-request-id"));
        request.set(id.unwrap_or_default());
    });
    view! {
        <Title text="Not found · WebSocket Monitor"/>
        <main class="lone" id="main">
            <h1>"There is no such page"</h1>
            <p>
                "Go to the " <a href="/admin">"Admin Dashboard"</a> "."
            </p>
            <p class="quiet" hidden=no_request>"Request " {request}</p>
        </main>
    }
}
