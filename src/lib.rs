//! WebSocket Monitor: holds an application's outbound WebSocket connections, keeps them up, and
//! shows administrators which are not and why.
//!
//! The crate is compiled twice. With the feature `ssr` it is the server, with `hydrate` the part
//! that runs in the browser. `ui` asks `api`, `api` asks `server`; every half may use `model`,
//! which uses nothing. Only the lines below, `main.rs` and one helper in `api` mention the two
//! features, so it is the compiler that keeps server code out of the browser's half.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`model`] | the plain types both halves share |
//! | [`api`] | the server functions |
//! | [`ui`] | pages and components |
//! | `server` | connection manager, HTTP, authentication, configuration |

#![recursion_limit = "256"]

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Takes over the page that the server has rendered. Called by the generated JavaScript.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(ui::app::App);
}
