//! Every fault a connection can meet, one row each: what is shown of it, what follows and when, and what is kept.
//!
//! Servers are scripts on real sockets. Where a deadline matters time is paused, so that a row takes no time.

mod autobahn;
mod beside_dead;
mod breaker;
mod closes;
#[path = "../common/mod.rs"]
mod common;
mod evidence;
mod frames;
mod freshness;
mod half_open;
mod handshake;
mod heartbeats;
mod http_answers;
mod liveness;
mod openings;
mod options;
mod outcome;
mod proxy;
mod references;
mod retries;
mod rotation;
mod rotation_feed;
mod service_tls;
mod support;
mod tls;
mod way_out;
mod wire;
