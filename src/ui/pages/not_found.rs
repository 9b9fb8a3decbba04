//! What is shown where there is no page.

use leptos::prelude::*;

use crate::ui::components::LonePage;
use wsmon_model::RequestId;

/// The page for a path that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    let request = use_context::<RequestId>().map(|id| view! { <p class="quiet">"Request " {id.to_string()}</p> });
    view! {
        <LonePage title="Not found">
            <h1>"There is no such page"</h1>
            <p>
                "Go to the " <a href="/admin">"Admin Dashboard"</a> "."
            </p>
            {request}
        </LonePage>
    }
}
