//! The connection manager: holds every outbound connection and keeps it up.
//!
//! It knows no HTTP routes, no pages and no database, and can be used as a library: start a
//! [`ConnectionManager`], [`connect`](ConnectionManager::connect) endpoints,
//! [`subscribe`](ConnectionManager::subscribe) to their messages and
//! [`send`](ConnectionManager::send) some.
//!
//! Each connection is owned by one task, and only that task writes its state:
//!
//! ```text
//!            ┌────────────── failed, may help to try again ── Waiting ◄─┐
//!            ▼                                                   │      │
//!  Off ── Connecting ── upgraded ── Connected ── lost ───────────┼──────┘
//!   ▲        │   ▲                                               │
//!   │        │   └───────────── the time has come, or a click ───┤
//!   │        └── failed, cannot help to try again ── Blocked ────┘
//!   └── disconnected by an administrator, or lost without auto reconnect
//! ```

mod advice;
mod backoff;
mod changes;
mod command;
mod config;
mod counts;
mod dial;
mod events;
mod failure;
mod gate;
mod keeper;
mod local_resource;
mod manager;
mod message;
mod options;
mod policy;
mod registry;
mod secrets_dir;
mod session;
mod state;
mod stored_options;
mod tap;
mod target;
mod task;
mod tls;

pub use backoff::{Backoff, InvalidBackoff};
pub use config::ManagerConfig;
pub use counts::{EndpointSample, Sampled, Timings};
pub use dial::{BoxStream, Stream, Tcp, Transport};
pub use failure::{Failure, NameError, Stage};
pub use gate::GateConfig;
pub use keeper::{Forgetful, KeepError, Keeper, Wanted};
pub use local_resource::LocalResource;
pub use manager::{ConnectRequest, ConnectionHandle, ConnectionManager, ManagerError, SendError};
pub use message::{Message, RecvError, Subscription};
pub use options::{InvalidOptions, Options};
pub use policy::{BLOCKED_RETRY, LONGEST_RETRY_AFTER, Rules, STABLE_AFTER, Verdict, judge};
pub use secrets_dir::{SecretsDir, UnusableFile};
pub use state::{ConnectionState, NextRetry};
pub use target::{Base, InvalidBase};
