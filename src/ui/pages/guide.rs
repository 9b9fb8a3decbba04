//! The monitoring guide.

use leptos::prelude::*;

use crate::{api::load_guide, ui::components::Page};
use wsmon_model::GuidePage;

/// A page of the monitoring guide.
pub fn guide(page: GuidePage) -> impl IntoView {
    view! {
        <Page title=page.title()>
            {Suspend::new(async move {
                match load_guide(page).await {
                    Ok(html) => view! { <article class="guide" inner_html=html></article> }.into_any(),
                    Err(error) => view! { <p class="banner" role="alert">{error.to_string()}</p> }.into_any(),
                }
            })}
        </Page>
    }
}
