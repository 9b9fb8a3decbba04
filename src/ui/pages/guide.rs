//! The monitoring guide.

use leptos::prelude::*;

use crate::{api::load_guide, ui::components::Page};

/// The monitoring guide.
#[component]
pub fn Guide() -> impl IntoView {
    view! {
        <Page title="Monitoring & Observability">
            {Suspend::new(async {
                match load_guide().await {
                    Ok(html) => view! { <article class="guide" inner_html=html></article> }.into_any(),
                    Err(error) => view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any(),
                }
            })}
        </Page>
    }
}
