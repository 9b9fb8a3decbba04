//! The user interface: pages and the parts they are made of.
//!
//! The server renders every page. Where one lives on in the browser it holds an island, and only islands and what they use
//! are in the program that the browser loads.

pub mod app;
mod components;
mod format;
mod live;
mod pages;
mod poll;
mod text;
mod url;
