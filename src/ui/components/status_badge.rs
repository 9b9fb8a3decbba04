//! A status as a shape, a colour and a word.

use leptos::prelude::*;

use wsmon_model::Status;

/// A status as a shape, a colour and a word, so that it can be told without seeing the colour.
pub fn status_badge(status: Status) -> impl IntoView {
    view! {
        <span class="badge" data-status=status.as_str()>
            <span class="shape" aria-hidden="true"></span>
            {status.label()}
        </span>
    }
}
