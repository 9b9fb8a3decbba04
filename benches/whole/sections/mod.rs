//! What is measured. Sections depend on nothing that another leaves behind.

mod connect;
mod memory;
mod poll;
mod receive;
mod rest;

use std::pin::Pin;

use crate::report::Figure;

type Section = (&'static str, fn() -> Pin<Box<dyn Future<Output = Vec<Figure>> + Send>>);

/// All sections, by name.
pub const SECTIONS: [Section; 7] = [
    ("memory", || Box::pin(memory::run())),
    ("connect", || Box::pin(connect::run())),
    ("rest", || Box::pin(rest::one())),
    ("fleet", || Box::pin(rest::fleet())),
    ("receive", || Box::pin(receive::run())),
    ("poll", || Box::pin(poll::one())),
    ("administrators", || Box::pin(poll::many())),
];
