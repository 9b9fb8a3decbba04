//! What was agreed on with a feed about its messages: heartbeats of its own, pings that are answered, and messages that
//! bring no news.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::liveness::{Beat, Beats};
use crate::{
    frame::Event,
    message::Message,
    message_plan::MessagePlan,
    opening::{Asked, HeartbeatPlan, Values},
    options::CheckedOptions,
    secrets::Secrets,
};

/// What was agreed on with a feed about its messages.
pub(super) struct Agreed {
    plan: Arc<MessagePlan>,
    beats: Option<Beats>,
    /// What the opening captured.
    captured: HashMap<String, String>,
    /// How long the answer to a heartbeat may take.
    pub(super) timeout: Duration,
}

impl Agreed {
    /// What options say, if they say anything.
    pub(super) fn of(options: &CheckedOptions, timeout: Duration, now: Instant) -> Option<Box<Self>> {
        let plan = Arc::clone(options.messages().filter(|plan| plan.goes_on())?);
        let mut agreed = Self { plan, beats: None, captured: HashMap::new(), timeout };
        agreed.begin(HashMap::new(), now);
        Some(Box::new(agreed))
    }

    /// The opening has ended: heartbeats begin.
    pub(super) fn begin(&mut self, captured: HashMap<String, String>, now: Instant) {
        self.captured = captured;
        let timeout = |plan: &HeartbeatPlan| plan.expect.as_ref().map(|_| self.timeout);
        self.beats = self.plan.heartbeat.as_ref().map(|plan| Beats::new(now, plan.every, timeout(plan)));
    }

    /// When something is due next.
    pub(super) fn at(&self) -> Option<Instant> {
        self.beats.as_ref().map(Beats::at)
    }

    /// What is to be done now, if anything.
    pub(super) fn due(&mut self, now: Instant) -> Option<Beat> {
        self.beats.as_mut().and_then(|beats| beats.due(now))
    }

    /// The heartbeat that is sent now.
    pub(super) fn heartbeat(&self, secrets: &Secrets, now_ms: i64) -> Option<Message> {
        Some(self.plan.heartbeat.as_ref()?.message(&mut self.values(secrets, now_ms, &mut rand::random)))
    }

    /// The answer that is sent now to a message that asks for one.
    pub(super) fn answer(&self, secrets: &Secrets, now_ms: i64) -> Option<Message> {
        Some(self.plan.answer.as_ref()?.message(&mut self.values(secrets, now_ms, &mut rand::random)))
    }

    fn values<'a>(&'a self, secrets: &'a Secrets, now_ms: i64, random: &'a mut dyn FnMut() -> u128) -> Values<'a> {
        Values { secrets, captured: &self.captured, now_ms, random }
    }

    /// Whether a message is a ping that is to be answered.
    pub(super) fn asked(&self, message: &Event<'_>) -> Asked {
        self.plan.answer.as_ref().map_or(Asked::Nothing, |plan| plan.asked(message))
    }

    /// Takes a message that has come. Returns whether it is news: neither the answer to a heartbeat nor what the options name.
    pub(super) fn is_news(&mut self, message: &[u8]) -> bool {
        let expected = self.plan.heartbeat.as_ref().and_then(|plan| plan.expect.as_ref());
        if let (Some(beats), Some(pattern)) = (&mut self.beats, expected)
            && beats.awaits()
            && pattern.is_match(message)
        {
            beats.answered();
            return false;
        }
        !self.plan.not_data.as_ref().is_some_and(|pattern| pattern.is_match(message))
    }
}
