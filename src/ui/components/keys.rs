//! The keys of the dashboard.

use leptos::{nonce::use_nonce, prelude::*};

/// A few lines of script: what they do is done by clicks on what the page has, and in a program they would be five times
/// as large.
const SCRIPT: &str = include_str!("keys.js");

/// What each key does.
const KEYS: [(&[&str], &str); 5] = [
    (&["/"], "Search"),
    (&["↓", "↑", "j", "k"], "Next row, previous row"),
    (&["x"], "Select the row, or not"),
    (&["Esc"], "Select nothing"),
    (&["?"], "This list"),
];

/// The keys, and the list of them. Single characters can be turned off, as whoever speaks to the browser, or hits keys by
/// accident, needs to (WCAG 2.2, success criterion 2.1.4).
#[component]
pub fn Keys() -> impl IntoView {
    let keys = KEYS.map(|(keys, what)| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! { <dt>{keys}</dt><dd>{what}</dd> }
    });
    view! {
        <dialog id="keys" class="panel" aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys"</h2>
            <dl class="keys">{keys.collect_view()}</dl>
            <label class="check">
                <input type="checkbox" autocomplete="off"/>
                "Letters and signs act as keys"
            </label>
            <form method="dialog">
                <button>"Close"</button>
            </form>
        </dialog>
        <script nonce=use_nonce()>{SCRIPT}</script>
    }
}
