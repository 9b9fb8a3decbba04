//! WebSocket Monitor: holds an application's outbound WebSocket connections, keeps them up, and
//! shows administrators which are not and why.
//!
//! The crate is compiled twice. With the feature `ssr` it is the server, without it the part that runs in the browser, which
//! `crates/browser` links. `ui` asks `api`, `api` asks `operations`. Only the lines below, `main.rs` and one helper in `api`
//! mention the feature, so it is the compiler that keeps server code out of the browser's half.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`api`] | the server functions |
//! | [`changes`] | what forms ask for, and what is said of it |
//! | [`dry_run`] | a dry run on its way to its page |
//! | [`error`] | the one error on the wire |
//! | [`ui`] | pages and components |
//! | `operations` | what an actor may do: checked, made and audited |
//! | `auth` | who may sign in; sessions |
//! | `server` | HTTP, metrics, configuration, the command line |
//!
//! Beside it stand three crates: `wsmon_model` with the plain types that both halves share,
//! `wsmon_manager`, which holds the connections, and `wsmon_store`, which keeps what outlives the process.

#![recursion_limit = "256"]

pub mod api;
#[cfg(feature = "ssr")]
pub mod auth;
pub mod changes;
pub mod dry_run;
pub mod error;
#[cfg(feature = "ssr")]
pub mod operations;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
