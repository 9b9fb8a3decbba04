//! Real servers instead of ours: connected, killed and met again, and what is particular about each.
//!
//! `scripts/setup test` brings them. A test whose server is missing says so on a line that begins with
//! `SKIPPED`, and passes.

mod client;
#[path = "../common/mod.rs"]
mod common;
mod frameworks;
mod graphql;
mod haproxy;
mod install;
mod mosquitto;
mod nats;
mod nginx;
mod nginx_tls;
mod oauth2;
mod phoenix;
mod rabbitmq;
mod server;
mod signalr;
mod socket_io;
mod tinyproxy;
#[expect(dead_code, reason = "the tests of `it` ask more of it")]
#[path = "../it/support/upstream.rs"]
mod upstream;
mod websockets;
mod ws;

use common::{name, soon};
