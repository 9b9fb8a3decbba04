//! The layers, read from the imports: within a crate modules import in one direction only, and each part names only
//! what it may.

mod graph;
mod imports;
mod rules;
mod source;
mod text;
