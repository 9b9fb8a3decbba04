//! The program that a page with a living part loads: the islands of the app, linked for the browser.

mod context;

use std::sync::Arc;

use any_spawner::Executor;
use leptos::reactive::owner::Owner;
// Linked for its islands, which the generated JavaScript calls by name.
use websocket_monitor as _;

use context::IslandContext;

/// Readies the living parts of a page that the server has rendered. Called by the generated JavaScript.
///
/// As `leptos::mount::hydrate_islands` does, with a context of our own.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Fails only where there is an executor already.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new_root(Some(Arc::new(IslandContext::default())));
    owner.set();
    // Lives as long as the page.
    std::mem::forget(owner);
}
