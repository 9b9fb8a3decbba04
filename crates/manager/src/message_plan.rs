//! What options say about a feed's messages, compiled.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use regex::bytes::Regex;
use strum::VariantArray;

use super::{
    invalid_options::InvalidOptions,
    opening::{AnswerPlan, HeartbeatPlan, Script, pattern_of},
};
use wsmon_model::{ConnectionOptions, Profile, SecretReference};

/// What options say about a feed's messages, compiled. Connections for which the same holds share it, as patterns take
/// many KiB.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessagePlan {
    /// What is said after the upgrade, until the connection counts as open.
    pub(crate) opening: Option<Arc<Script>>,
    /// What is sent at intervals while the connection is open.
    pub(crate) heartbeat: Option<HeartbeatPlan>,
    /// What is answered.
    pub(crate) answer: Option<AnswerPlan>,
    /// What messages match that bring no news.
    pub(crate) not_data: Option<Regex>,
}

impl MessagePlan {
    /// Checks what can be checked of options that others may complete.
    pub(super) fn check_parts(options: &ConnectionOptions) -> Result<(), InvalidOptions> {
        options.opening.as_deref().map(Script::parse).transpose()?;
        for (field, pattern) in [("heartbeat_expect", &options.heartbeat_expect), ("not_data", &options.not_data)] {
            pattern.as_deref().map(pattern_of).transpose().map_err(invalid(field))?;
        }
        let ping = options.text_ping.as_ref().map(|own| AnswerPlan::parse_ping(&own.ping));
        ping.transpose().map(drop).map_err(invalid("text_ping"))
    }

    /// The plan of options that are in force, none if they say nothing of messages: that of `others` or that of their
    /// profile where the same holds.
    pub(super) fn of(
        options: &ConnectionOptions,
        (others, plan): (&ConnectionOptions, Option<&Arc<Self>>),
    ) -> Result<Option<Arc<Self>>, InvalidOptions> {
        /// One for each profile, made when it is used first.
        static PROFILES: [OnceLock<Arc<MessagePlan>>; Profile::VARIANTS.len()] =
            [const { OnceLock::new() }; Profile::VARIANTS.len()];
        if says_the_same(options, &ConnectionOptions::default()) {
            return Ok(None);
        }
        if let Some(plan) = plan.filter(|_| says_the_same(options, others)) {
            return Ok(Some(Arc::clone(plan)));
        }
        let Some(profile) = options.profile.filter(|profile| says_the_same(options, &profile.options())) else {
            return Ok(Some(Arc::new(Self::new(options)?)));
        };
        let made = || Arc::new(Self::new(options).expect("profiles can be used"));
        Ok(Some(Arc::clone(PROFILES[profile as usize].get_or_init(made))))
    }

    fn new(options: &ConnectionOptions) -> Result<Self, InvalidOptions> {
        let opening = options.opening.as_deref().map(Script::parse).transpose()?;
        let answer = options.text_ping.as_ref().map(|own| AnswerPlan::parse(own, opening.as_ref())).transpose();
        let not_data = options.not_data.as_deref().map(pattern_of).transpose();
        Ok(Self {
            heartbeat: heartbeat(options, opening.as_ref())?,
            answer: answer.map_err(invalid("text_pong"))?,
            not_data: not_data.map_err(invalid("not_data"))?,
            opening: opening.map(Arc::new),
        })
    }

    /// Whether messages have to be looked at once the connection is open.
    pub(crate) fn goes_on(&self) -> bool {
        self.heartbeat.is_some() || self.answer.is_some() || self.not_data.is_some()
    }

    /// The secrets that it refers to, and the fields of the form that do.
    pub(super) fn references(&self) -> impl Iterator<Item = (&'static str, SecretReference)> {
        let said = self.opening.iter().flat_map(|script| script.secrets()).map(|secret| ("opening", secret));
        let beats = self.heartbeat.iter().flat_map(HeartbeatPlan::secrets).map(|secret| ("heartbeat", secret));
        let answers = self.answer.iter().flat_map(AnswerPlan::secrets).map(|secret| ("text_pong", secret));
        said.chain(beats).chain(answers).map(|(field, secret)| (field, secret.clone()))
    }
}

/// The heartbeats that options have; what is captured comes of their opening.
fn heartbeat(options: &ConnectionOptions, opening: Option<&Script>) -> Result<Option<HeartbeatPlan>, InvalidOptions> {
    match (&options.heartbeat, options.heartbeat_every_ms) {
        (Some(text), Some(ms)) => {
            let every = Duration::from_millis(ms.into());
            let plan = HeartbeatPlan::parse(text, every, opening).map_err(invalid("heartbeat"))?;
            Ok(Some(match &options.heartbeat_expect {
                Some(pattern) => plan.expecting(pattern).map_err(invalid("heartbeat_expect"))?,
                None => plan,
            }))
        }
        (Some(_), None) => Err(InvalidOptions::HalfHeartbeat { field: "heartbeat_every_ms" }),
        (None, every) if every.is_some() || options.heartbeat_expect.is_some() => {
            Err(InvalidOptions::HalfHeartbeat { field: "heartbeat" })
        }
        (None, _) => Ok(None),
    }
}

fn invalid(field: &'static str) -> impl Fn(super::opening::InvalidLine) -> InvalidOptions {
    move |why| InvalidOptions::Message { field, why }
}

/// Whether two options say the same about messages.
fn says_the_same(one: &ConnectionOptions, other: &ConnectionOptions) -> bool {
    let said = |options: &ConnectionOptions| {
        let ConnectionOptions { opening, heartbeat, heartbeat_every_ms, heartbeat_expect, not_data, text_ping, .. } =
            options.clone();
        (opening, heartbeat, heartbeat_every_ms, heartbeat_expect, not_data, text_ping)
    };
    said(one) == said(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(options: &ConnectionOptions) -> Option<Arc<MessagePlan>> {
        MessagePlan::of(&options.in_force(&ConnectionOptions::default()), (&ConnectionOptions::default(), None))
            .expect("it can be used")
    }

    #[test]
    fn every_profile_can_be_used_and_is_compiled_once() {
        for profile in Profile::VARIANTS {
            let options = ConnectionOptions { profile: Some(*profile), ..ConnectionOptions::default() };
            MessagePlan::check_parts(&profile.options()).expect("it can be used");
            let (first, second) = (plan(&options).expect("a plan"), plan(&options).expect("a plan"));
            assert!(Arc::ptr_eq(&first, &second), "{profile:?}");
            assert!(first.opening.is_some() && first.goes_on(), "{profile:?}");
            let own = ConnectionOptions { not_data: Some("^own$".to_owned()), ..options };
            let own = plan(&own).expect("a plan");
            assert!(own.not_data.as_ref().is_some_and(|pattern| pattern.as_str() == "^own$"));
            assert_eq!(own.heartbeat.is_some(), first.heartbeat.is_some(), "the rest is the profile's: {profile:?}");
        }
    }

    #[test]
    fn options_that_say_nothing_of_messages_have_none() {
        assert!(plan(&ConnectionOptions { stay_closed: true, ..ConnectionOptions::default() }).is_none());
    }
}
