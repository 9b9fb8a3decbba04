//! The pages and what they are made of. Rendered on the server, then alive in the browser.

pub mod app;
mod components;
mod format;
mod pages;
mod poll;
