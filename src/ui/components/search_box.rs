//! A field that searches while one types.

use leptos::prelude::*;

/// A field that searches while one types: `text` is what is searched for now, and `search` puts it into the URL.
///
/// It is part of a form that a browser sends on Enter, which leads to the same URL.
pub fn search_box(
    label: &'static str,
    placeholder: &'static str,
    text: impl Fn() -> String + Copy + Send + Sync + 'static,
    search: impl Fn(String) + 'static,
) -> impl IntoView {
    view! {
        <input
            type="search"
            name="q"
            aria-label=label
            placeholder=placeholder
            autocomplete="off"
            spellcheck="false"
            value=untrack(text)
            prop:value=text
            on:input:target=move |event| search(event.target().value())
        />
    }
}
