//! The program that a page with a living part loads: the islands of the app, linked for the browser.

// Linked for its islands, which the generated JavaScript calls by name.
use websocket_monitor as _;

/// Readies the living parts of a page that the server has rendered. Called by the generated JavaScript.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
