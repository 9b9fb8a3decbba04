//! What was agreed on with a feed about its messages: heartbeats of its own, and messages that bring no news.

use std::{collections::HashMap, sync::Arc, time::Duration};

use regex::bytes::Regex;
use tokio::time::Instant;

use super::liveness::{Beat, Beats};
use crate::{message::Message, opening::HeartbeatPlan, options::CheckedOptions, secrets::Secrets};

/// What was agreed on with a feed about its messages.
pub(super) struct Agreed {
    heartbeat: Option<(Arc<HeartbeatPlan>, Beats)>,
    not_data: Option<Arc<Regex>>,
    /// What the opening captured.
    captured: HashMap<String, String>,
    /// How long the answer to a heartbeat may take.
    pub(super) timeout: Duration,
}

impl Agreed {
    /// What options say, if they say anything.
    pub(super) fn of(options: &CheckedOptions, timeout: Duration, now: Instant) -> Option<Box<Self>> {
        let beats = |plan: &Arc<HeartbeatPlan>| {
            let answer_within = plan.expect.as_ref().map(|_| timeout);
            (Arc::clone(plan), Beats::new(now, plan.every, answer_within))
        };
        let (heartbeat, not_data) = (options.heartbeat().map(beats), options.not_data().cloned());
        if heartbeat.is_none() && not_data.is_none() {
            return None;
        }
        Some(Box::new(Self { heartbeat, not_data, captured: HashMap::new(), timeout }))
    }

    /// The opening has ended: heartbeats begin.
    pub(super) fn begin(&mut self, captured: HashMap<String, String>, now: Instant) {
        self.captured = captured;
        if let Some((plan, beats)) = &mut self.heartbeat {
            *beats = Beats::new(now, plan.every, plan.expect.as_ref().map(|_| self.timeout));
        }
    }

    /// When something is due next.
    pub(super) fn at(&self) -> Option<Instant> {
        self.heartbeat.as_ref().map(|(_, beats)| beats.at())
    }

    /// What is to be done now, if anything.
    pub(super) fn due(&mut self, now: Instant) -> Option<Beat> {
        self.heartbeat.as_mut().and_then(|(_, beats)| beats.due(now))
    }

    /// The heartbeat that is sent now.
    pub(super) fn message(&self, secrets: &Secrets, now_ms: i64) -> Option<Message> {
        let (plan, _) = self.heartbeat.as_ref()?;
        Some(plan.message(secrets, &self.captured, now_ms, &mut rand::random))
    }

    /// Takes a message that has come. Returns whether it is news: neither the answer to a heartbeat nor what the options name.
    pub(super) fn is_news(&mut self, message: &[u8]) -> bool {
        if let Some((plan, beats)) = &mut self.heartbeat
            && beats.awaits()
            && plan.expect.as_ref().is_some_and(|pattern| pattern.is_match(message))
        {
            beats.answered();
            return false;
        }
        !self.not_data.as_ref().is_some_and(|pattern| pattern.is_match(message))
    }
}
