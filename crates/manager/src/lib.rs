//! Holds outbound WebSocket connections and keeps them up.
//!
//! It knows no HTTP server, no pages and no database. Start a [`ConnectionManager`],
//! [`connect`](ConnectionManager::connect) endpoints, [`subscribe`](ConnectionManager::subscribe) to their messages and
//! [`send`](ConnectionManager::send) some:
//!
//! ```no_run
//! use wsmon_manager::{Base, ConnectionManager, ManagerConfig};
//!
//! # async fn hold() -> Result<(), Box<dyn std::error::Error>> {
//! let manager = ConnectionManager::new("ws://localhost:8000/ws/".parse::<Base>()?, ManagerConfig::default());
//! let feed = "data-feed".parse()?;
//! manager.connect(&feed, None).await?;
//! let mut messages = manager.subscribe(&feed)?;
//! while let Ok(message) = messages.recv().await {
//!     println!("{message:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it guarantees
//!
//! - There is at most one task and one socket for each endpoint (two while one session takes the other's place), whoever connects and removes it at the same time.
//! - A change is given to the [`Keeper`] before it is made, and an answer comes after it was made. Whoever stops waiting
//!   for the answer does not stop the change, so what is kept and what is held always agree.
//! - Reading never waits for writing or for subscribers; a slow [`Subscription`] loses the oldest messages and is told how
//!   many.
//! - A peer cannot make it hold more than the limits in the options say, nor all peers together more than
//!   [`ManagerConfig::most_in_flight`], and every wait for a peer has a deadline. A connection that waits has no buffer.
//! - What follows a failure is decided in one place ([`judge`]): retry with full jitter, at a time that the server asked
//!   for, rarely because it cannot help, or never.
//! - A [`Failure`] says what was seen ([`Failure::evidence`]), and [`describe`] makes sentences of that, then or years later. Of
//!   what a peer wrote only cleaned and bounded text is kept.
//! - A session that is replaced for its age ([`rotate_after_ms`](model::ConnectionOptions::rotate_after_ms)) is closed once the
//!   new one is open, and what either brings meanwhile is passed on, in the order of coming. A message that both bring, byte
//!   for byte within a second, is passed on once. So of a feed that sends everybody the same nothing is lost, and up to 16,000
//!   messages a second nothing comes twice; messages that differ from client to client come twice.
//! - While a host fails, one half-open probe speaks for all of its endpoints; then they are admitted at a set pace.
//! - Dropping the last [`ConnectionManager`] closes every connection and ends every task.
//!
//! # How it works
//!
//! Each connection is owned by one task, and only that task writes its state. What it does next is a pure function of
//! that state and of what happens:
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

mod backoff;
mod bus;
mod certificate;
mod certificates;
mod changes;
pub mod clock;
mod command;
mod config;
mod counts;
mod describe;
mod describe_event;
mod dial;
mod dry_run;
mod error;
mod event_record;
mod event_writer;
mod expiries;
mod explain;
mod explanations;
mod failure;
mod frame;
mod freshness;
mod gate;
mod handle;
mod histogram;
mod host_certificate;
mod in_flight;
mod invalid_options;
mod keeper;
mod local_resource;
mod machine;
mod mailbox;
mod manager;
mod masking;
mod message;
mod message_plan;
mod opening;
mod options;
mod policy;
mod proxy;
mod registry;
mod regular_file;
mod request_fields;
mod restore;
mod rotation_plan;
mod secrets;
mod secrets_dir;
mod selection;
mod service;
mod session;
mod silence_writer;
mod silences;
#[cfg(test)]
mod sizes;
mod spawn;
mod state;
mod state_channel;
mod stored_options;
mod tally;
mod target;
mod task;
mod tls;
mod tokens;

pub use backoff::{Backoff, InvalidBackoff};
pub use bus::{EventError, EventSubscription};
pub use certificates::CertificateEnd;
pub use config::ManagerConfig;
pub use counts::{EndpointSample, Sampled, Timings};
pub use describe::describe;
pub use describe_event::describe_event;
pub use dial::{BoxStream, Stream, Tcp, Transport};
pub use dry_run::DryRun;
pub use error::{ManagerError, SendError};
pub use event_record::EventRecord;
pub use expiries::TokenExpiries;
pub use explain::{Certainty, Explanation, Past, PastEvent, explain_many, guide_sections};
pub use failure::{Failure, SystemError, retry_after_s};
pub use freshness::FreshnessConfig;
pub use gate::GateConfig;
pub use handle::{ConnectRequest, ConnectionHandle};
pub use histogram::{Histogram, HistogramSnapshot};
pub use invalid_options::InvalidOptions;
pub use keeper::{EndpointTransition, Happened, KeepError, Keeper, LearnedSilences, NoopKeeper, Wanted};
pub use manager::ConnectionManager;
pub use masking::mask as mask_secrets;
pub use message::{Message, RecvError, Subscription};
pub use opening::{InvalidLine, InvalidPacket, InvalidScript, InvalidTemplate};
pub use options::CheckedOptions;
pub use policy::{BLOCKED_RETRY, LONGEST_RETRY_AFTER, Rules, STABLE_AFTER, Verdict, judge};
pub use proxy::{InvalidProxy, Proxy};
pub use regular_file::UnusableFile;
pub use secrets::read_secret;
pub use secrets_dir::SecretsDir;
pub use selection::Selected;

pub use service::{InvalidServices, Service, Services};
pub use state::{ConnectionState, NextRetry};
pub use target::{Base, InvalidBase};
pub use tls::{ClientFiles, Connectors, TlsFiles};
pub use tokens::{IssuedToken, TokenService};
/// The types in which endpoints, states and events are told.
pub use wsmon_model as model;
