//! Heartbeats of a feed's own: what is sent, how often, and what answers it.

use std::time::Duration;

use regex::bytes::Regex;

use super::{
    script::{InvalidLine, Said, Script, pattern_of},
    template::Values,
};
use crate::message::Message;
use wsmon_model::SecretReference;

/// Heartbeats as options have them, compiled.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatPlan {
    said: Said,
    pub(crate) every: Duration,
    /// What an answer matches, if one is waited for.
    pub(crate) expect: Option<Regex>,
}

impl HeartbeatPlan {
    /// Reads a heartbeat's text, in which what the opening captures can stand.
    pub(crate) fn parse(text: &str, every: Duration, opening: Option<&Script>) -> Result<Self, InvalidLine> {
        let captured = opening.map(Script::captured).unwrap_or_default();
        Ok(Self { said: Said::parse(text, &captured)?, every, expect: None })
    }

    /// The same with an answer to wait for.
    pub(crate) fn expecting(self, pattern: &str) -> Result<Self, InvalidLine> {
        Ok(Self { expect: Some(pattern_of(pattern)?), ..self })
    }

    /// The message that is sent now.
    pub(crate) fn message(&self, values: &mut Values<'_>) -> Message {
        self.said.message(values)
    }

    /// The secrets that it names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.said.secrets()
    }
}
