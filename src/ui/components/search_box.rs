//! A field that searches while one types.

use leptos::prelude::*;

/// A field that searches while one types. What is searched for lives in the URL; `search` puts it
/// there.
#[component]
pub fn SearchBox(
    label: &'static str,
    placeholder: &'static str,
    /// What is searched for now.
    text: Signal<String>,
    search: Callback<String>,
) -> impl IntoView {
    view! {
        <input
            type="search"
            aria-label=label
            placeholder=placeholder
            autocomplete="off"
            spellcheck="false"
            value=text.get_untracked()
            prop:value=text
            on:input:target=move |event| search.run(event.target().value())
        />
    }
}
