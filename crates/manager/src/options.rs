//! A connection's options, checked and made ready for use.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    frame,
    invalid_options::{InvalidOptions, LARGEST, SHORTEST, SHORTEST_ROTATION, SMALLEST},
    message_plan::MessagePlan,
    policy::Rules,
    request_fields,
    rotation_plan::RotationPlan,
};
use wsmon_model::{ConnectionOptions, Limits, SecretReference};

/// Options that were kept and cannot be used.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    /// As they are kept, secrets included.
    pub(super) kept: String,
    /// Why they cannot be used, as a clause.
    pub(super) why: String,
}

/// A connection's options, checked and made ready for use. The default is what a plain feed needs.
#[derive(Clone, Default)]
pub struct CheckedOptions {
    given: ConnectionOptions,
    /// `given` with its service's defaults and its profile, where these say anything.
    in_force: Option<Arc<ConnectionOptions>>,
    /// What those in force say about messages.
    messages: Option<Arc<MessagePlan>>,
    /// Set when these were kept and cannot be used: then `given` is what could be read of them.
    pub(super) unusable: Option<Unusable>,
}

impl CheckedOptions {
    /// Checks options by themselves. Whether they are whole, such as a heartbeat's text and its interval, shows with
    /// what holds where they say nothing.
    ///
    /// # Errors
    ///
    /// Any [`InvalidOptions`].
    pub fn new(given: ConnectionOptions) -> Result<Self, InvalidOptions> {
        let times = [given.ping_interval_ms, given.pong_timeout_ms, given.max_silence_ms, given.heartbeat_every_ms];
        if times.into_iter().flatten().any(|ms| u128::from(ms) < SHORTEST.as_millis()) {
            return Err(InvalidOptions::TooShort);
        }
        match (given.rotate_after_ms, given.rotate_window) {
            (Some(ms), _) if u128::from(ms) < SHORTEST_ROTATION.as_millis() => return Err(InvalidOptions::Rotation),
            (None, Some(_)) => return Err(InvalidOptions::WindowAlone),
            _ => {}
        }
        let Limits { read_buffer, write_buffer, frame, message } = given.limits;
        let limits = [read_buffer, write_buffer, frame, message];
        if limits.into_iter().flatten().any(|limit| !(SMALLEST..=LARGEST).contains(&limit)) {
            return Err(InvalidOptions::Limit);
        }
        if let Some(both) = given.never_retry.iter().find(|code| given.always_retry.contains(code)) {
            return Err(InvalidOptions::NeverAndAlways(*both));
        }
        request_fields::check(&given)?;
        MessagePlan::check_parts(&given)?;
        Ok(Self::unchecked(given))
    }

    /// Options without what is made of them for use.
    pub(super) fn unchecked(given: ConnectionOptions) -> Self {
        Self { given, in_force: None, messages: None, unusable: None }
    }

    /// The options as they were given, secrets included.
    pub fn given(&self) -> &ConnectionOptions {
        &self.given
    }

    /// The same, with what holds where they say nothing: the service's defaults, and the profile.
    ///
    /// # Errors
    ///
    /// [`InvalidOptions`] when they are not whole, or do not fit together.
    pub(super) fn over(self, defaults: &Self) -> Result<Self, InvalidOptions> {
        if self.unusable.is_some() {
            return Ok(self);
        }
        let in_force = self.given.in_force(&defaults.given);
        let messages = MessagePlan::of(&in_force, (defaults.in_force(), defaults.messages.as_ref()))?;
        let in_force = (in_force != self.given).then(|| Arc::new(in_force));
        Ok(Self { in_force, messages, ..self })
    }

    /// The options that hold: the given ones, and where those say nothing the service's defaults and the profile.
    pub(super) fn in_force(&self) -> &ConnectionOptions {
        self.in_force.as_deref().unwrap_or(&self.given)
    }

    /// The secrets that they refer to, and the fields of the form that do.
    pub(super) fn references(&self) -> impl Iterator<Item = (&'static str, SecretReference)> {
        let sent = request_fields::secrets_of(self.in_force());
        let sent = sent.filter_map(|(field, secret)| Some((field, secret.reference()?)));
        sent.chain(self.messages.iter().flat_map(|plan| plan.references()))
    }

    /// What they say about messages, if they say anything.
    pub(super) fn messages(&self) -> Option<&Arc<MessagePlan>> {
        self.messages.as_ref()
    }

    /// Whether they sign in by themselves, so that no token of the service's is needed.
    pub(super) fn sign_in(&self) -> bool {
        request_fields::sign_in(self.in_force())
    }

    /// When another session is to take the place of an open one, if that is wanted.
    pub(super) fn rotation(&self) -> Option<RotationPlan> {
        let options = self.in_force();
        let after = options.rotate_after_ms.map(|ms| Duration::from_millis(ms.into()));
        after.map(|after| RotationPlan { after, window: options.rotate_window })
    }

    /// The file of certificates to trust.
    pub(super) fn ca_file(&self) -> Option<&str> {
        self.in_force().ca_file.as_deref()
    }

    /// When trying again cannot help.
    pub(super) fn rules(&self) -> Rules<'_> {
        let options = self.in_force();
        Rules {
            never_retry: &options.never_retry,
            always_retry: &options.always_retry,
            stay_closed: options.stay_closed,
        }
    }

    /// How often to ping, and how long a pong may take: as the options say, or these.
    pub(super) fn pings(&self, (interval, timeout): (Duration, Duration)) -> (Duration, Duration) {
        let options = self.in_force();
        let or = |ms: Option<u32>, default| ms.map_or(default, |ms| Duration::from_millis(ms.into()));
        (or(options.ping_interval_ms, interval), or(options.pong_timeout_ms, timeout))
    }

    /// How long the connection may bring no message before it counts as silent.
    pub(super) fn max_silence(&self) -> Option<Duration> {
        self.in_force().max_silence_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    /// The most that a peer may send.
    pub(super) fn limits(&self) -> frame::Limits {
        let Limits { frame, message, .. } = self.in_force().limits;
        frame::Limits { frame: or(frame, 256 * 1024), message: or(message, 1024 * 1024) }
    }

    /// The most that is read at once, in bytes.
    pub(super) fn read_at_once(&self) -> usize {
        or(self.in_force().limits.read_buffer, 64 * 1024)
    }

    /// The longest message that can be sent, in bytes, with its header.
    pub(super) fn longest_sent(&self) -> usize {
        or(self.in_force().limits.write_buffer, 256 * 1024)
    }
}

impl fmt::Debug for CheckedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.given.fmt(f)
    }
}

impl PartialEq for CheckedOptions {
    fn eq(&self, other: &Self) -> bool {
        (&self.given, &self.in_force, &self.unusable) == (&other.given, &other.in_force, &other.unusable)
    }
}

impl Eq for CheckedOptions {}

fn or(limit: Option<u32>, default: usize) -> usize {
    limit.map_or(default, |limit| limit as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::Secret;

    #[test]
    fn limits_and_times_have_bounds() {
        let limits = Limits { frame: Some(0), ..Limits::default() };
        let given = ConnectionOptions { limits, ..ConnectionOptions::default() };
        assert_eq!(CheckedOptions::new(given), Err(InvalidOptions::Limit));
        let given = ConnectionOptions { ping_interval_ms: Some(1), ..ConnectionOptions::default() };
        assert_eq!(CheckedOptions::new(given), Err(InvalidOptions::TooShort));
    }

    #[test]
    fn a_code_is_not_both_never_and_always_retried() {
        let given = ConnectionOptions {
            never_retry: vec![4001, 403],
            always_retry: vec![401, 403],
            ..ConnectionOptions::default()
        };
        let refused = CheckedOptions::new(given).expect_err("refused");
        assert_eq!((&refused, refused.field()), (&InvalidOptions::NeverAndAlways(403), Some("always_retry")));
    }

    #[test]
    fn rotation_is_not_for_every_moment_and_a_window_is_nothing_alone() {
        let window = || Some("03:00-05:00".parse().expect("a window"));
        let rotation = |rotate_after_ms, rotate_window| {
            let given = ConnectionOptions { rotate_after_ms, rotate_window, ..ConnectionOptions::default() };
            CheckedOptions::new(given).map(|options| options.rotation())
        };
        assert_eq!(rotation(Some(999), window()).map_err(|why| why.field()), Err(Some("rotate_after_ms")));
        assert_eq!(rotation(None, window()).map_err(|why| why.field()), Err(Some("rotate_after_ms")));
        let plan = RotationPlan { after: Duration::from_secs(1), window: window() };
        assert_eq!(rotation(Some(1_000), window()), Ok(Some(plan)));
        assert_eq!(rotation(None, None), Ok(None));
    }

    #[test]
    fn a_heartbeat_has_a_text_and_an_interval() {
        let plain = ConnectionOptions::default;
        let text = Some("ping ${sid}".to_owned());
        let opening = Some("< (?<sid>.)".to_owned());
        let whole = ConnectionOptions { heartbeat: text, heartbeat_every_ms: Some(100), opening, ..plain() };
        let usable = |given| CheckedOptions::new(given)?.over(&CheckedOptions::default());
        assert!(usable(whole.clone()).is_ok());
        let pattern = Some("(".to_owned());
        for (given, field) in [
            (ConnectionOptions { heartbeat_every_ms: None, ..whole.clone() }, "heartbeat_every_ms"),
            (ConnectionOptions { heartbeat: None, ..whole.clone() }, "heartbeat"),
            (ConnectionOptions { opening: None, ..whole.clone() }, "heartbeat"),
            (ConnectionOptions { heartbeat_expect: pattern.clone(), ..whole.clone() }, "heartbeat_expect"),
            (ConnectionOptions { heartbeat_expect: Some("^pong".to_owned()), ..plain() }, "heartbeat"),
            (ConnectionOptions { not_data: pattern.clone(), ..plain() }, "not_data"),
            (ConnectionOptions { opening: Some("hello".to_owned()), ..plain() }, "opening"),
        ] {
            assert_eq!(usable(given).expect_err("refused").field(), Some(field));
        }
        let often = ConnectionOptions { heartbeat_every_ms: Some(99), ..whole };
        assert_eq!(CheckedOptions::new(often), Err(InvalidOptions::TooShort));
    }

    #[test]
    fn halves_complete_one_another() {
        let plain = ConnectionOptions::default;
        let half = ConnectionOptions { heartbeat_every_ms: Some(100), ..plain() };
        let own = CheckedOptions::new(half).expect("fine by itself");
        let opening = Some("< (?<sid>.)".to_owned());
        let service = ConnectionOptions { heartbeat: Some("ping ${sid}".to_owned()), opening, ..plain() };
        let service = CheckedOptions::new(service).expect("fine by itself");
        let both = own.over(&service).expect("whole");
        let plan = both.messages().expect("a plan");
        assert!(plan.opening.is_some() && plan.heartbeat.as_ref().is_some_and(|plan| plan.every.as_millis() == 100));
        assert_eq!(both.given().heartbeat, None, "what is kept and shown is what was given");
    }

    #[test]
    fn what_is_the_services_is_shared() {
        let given = ConnectionOptions { not_data: Some("^hb$".to_owned()), ..ConnectionOptions::default() };
        let service = CheckedOptions::new(given).and_then(|own| own.over(&CheckedOptions::default())).expect("whole");
        let own = ConnectionOptions { stay_closed: true, ..ConnectionOptions::default() };
        let own = CheckedOptions::new(own).and_then(|own| own.over(&service)).expect("whole");
        assert!(Arc::ptr_eq(own.messages().expect("a plan"), service.messages().expect("a plan")));
    }

    #[test]
    fn secrets_are_not_printed() {
        let token = ConnectionOptions { bearer_token: Some(Secret::new("t0ken")), ..ConnectionOptions::default() };
        let shown = format!("{:?}", CheckedOptions::new(token).expect("valid"));
        assert!(!shown.contains("t0ken"), "{shown}");
    }
}
