//! How log lines look.

use std::io::{self, IsTerminal};

use serde::{Deserialize, Serialize};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For a person at a terminal.
    Pretty,
    /// One JSON object a line, for collectors.
    Json,
}

impl Default for LogFormat {
    /// Pretty on a terminal, else JSON.
    fn default() -> Self {
        if io::stderr().is_terminal() { Self::Pretty } else { Self::Json }
    }
}
