//! What is measured. Sections depend on nothing that another leaves behind.

mod connect;
mod memory;

use std::pin::Pin;

use crate::report::Figure;

type Section = (&'static str, fn() -> Pin<Box<dyn Future<Output = Vec<Figure>> + Send>>);

/// All sections, by name.
pub const SECTIONS: [Section; 2] = [("memory", || Box::pin(memory::run())), ("connect", || Box::pin(connect::run()))];
