//! Tests from outside the crate, against real sockets on free ports of 127.0.0.1.

mod account;
mod audit;
mod bodies;
mod bulk;
mod ca_file;
mod command_line;
mod compression;
mod connections;
mod failures;
mod forms;
mod freshness;
mod guessing;
mod guide;
mod hardening;
mod leptos_toml;
mod links;
mod list;
mod manager_life;
mod names;
mod oauth2;
mod options;
mod page_files;
mod pages;
mod program;
mod proxy;
mod references;
mod seen_from_outside;
mod services;
mod sessions;
mod slow_clients;
#[path = "../common/start.rs"]
mod start;
mod support;
mod systemd;
mod telemetry;
mod wrong_clock;
