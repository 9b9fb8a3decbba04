//! The monitoring guide.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{api::load_guide, ui::components::Header};

/// The monitoring guide.
#[component]
pub fn Guide() -> impl IntoView {
    let guide = Resource::new(|| (), |()| load_guide());
    view! {
        <Title text="Monitoring & Observability · WebSocket Monitor"/>
        <Header/>
        <main id="main">
            <Suspense fallback=|| view! { <p class="quiet">"Loading…"</p> }>
                {move || guide.get().map(|guide| match guide {
                    Ok(html) => view! { <article class="guide" inner_html=html></article> }.into_any(),
                    Err(error) => view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any(),
                })}
            </Suspense>
        </main>
    }
}
