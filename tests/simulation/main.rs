//! The real connection manager over simulated networks and in simulated time: a month of faults, many
//! short storms, and random commands held against a model.

mod census;
#[path = "../common/mod.rs"]
mod common;
mod model;
mod model_test;
mod month;
mod network;
mod observer;
mod openings;
mod setup;
mod storms;
mod upstream;
