//! A status as a shape, a colour and a word.

use leptos::prelude::*;

use wsmon_model::Status;

/// A status as a shape, a colour and a word, so that it can be told without seeing the colour.
#[component]
pub fn StatusBadge(#[prop(into)] status: Signal<Status>) -> impl IntoView {
    let word = Signal::derive(move || status.get().as_str());
    let label = Signal::derive(move || status.get().label());
    view! {
        <span class="badge" data-status=word>
            <span class="shape" aria-hidden="true"></span>
            {label}
        </span>
    }
}
