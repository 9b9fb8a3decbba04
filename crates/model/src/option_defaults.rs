//! What holds where a connection's options say nothing: first the service's, then the profile's.

use super::{ConnectionOptions, Header, Limits, Profile};

/// What holds in a field that is left empty, and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultOf {
    /// The service's options.
    Service(String),
    /// The profile that is chosen.
    Profile(Profile, String),
}

impl ConnectionOptions {
    /// These options, with the service's where they say nothing, and with the profile's where those say nothing either.
    #[must_use]
    pub fn in_force(&self, service: &Self) -> Self {
        let options = self.over(service);
        match options.profile {
            Some(profile) => options.over(&profile.options()),
            None => options,
        }
    }

    /// What holds in a field of these options if it is empty, unless that is the monitor's own default.
    pub fn default_of(&self, field: &str, service: &Self) -> Option<DefaultOf> {
        let filled = |options: &Self| Some(options.field(field)).filter(|text| !text.is_empty());
        let of_profile = |profile: Profile| Some(DefaultOf::Profile(profile, filled(&profile.options())?));
        filled(service).map(DefaultOf::Service).or_else(|| self.profile.or(service.profile).and_then(of_profile))
    }

    /// These options, with `defaults` where they say nothing: where a value is none, a list is empty or a switch is off.
    /// Headers are joined by name, and of the two ways to sign in the endpoint's own holds.
    #[must_use]
    fn over(&self, defaults: &Self) -> Self {
        let mine = self.clone();
        let is_mine = |header: &&Header| self.headers.iter().any(|own| own.name.eq_ignore_ascii_case(&header.name));
        let others = defaults.headers.iter().filter(|header| !is_mine(header)).cloned();
        let (has_bearer, has_basic) = (mine.bearer_token.is_some(), mine.basic_auth.is_some());
        Self {
            profile: mine.profile.or(defaults.profile),
            headers: others.chain(mine.headers).collect(),
            bearer_token: mine.bearer_token.or_else(|| defaults.bearer_token.clone().filter(|_| !has_basic)),
            basic_auth: mine.basic_auth.or_else(|| defaults.basic_auth.clone().filter(|_| !has_bearer)),
            subprotocols: or_default(mine.subprotocols, &defaults.subprotocols),
            query: mine.query.or_else(|| defaults.query.clone()),
            ca_file: mine.ca_file.or_else(|| defaults.ca_file.clone()),
            ping_interval_ms: mine.ping_interval_ms.or(defaults.ping_interval_ms),
            pong_timeout_ms: mine.pong_timeout_ms.or(defaults.pong_timeout_ms),
            max_silence_ms: mine.max_silence_ms.or(defaults.max_silence_ms),
            recycle_when_silent: mine.recycle_when_silent || defaults.recycle_when_silent,
            never_retry: without(or_default(mine.never_retry, &defaults.never_retry), &self.always_retry),
            always_retry: without(or_default(mine.always_retry, &defaults.always_retry), &self.never_retry),
            stay_closed: mine.stay_closed || defaults.stay_closed,
            rotate_after_ms: mine.rotate_after_ms.or(defaults.rotate_after_ms),
            rotate_window: mine.rotate_window.or(defaults.rotate_window),
            opening: mine.opening.or_else(|| defaults.opening.clone()),
            heartbeat: mine.heartbeat.or_else(|| defaults.heartbeat.clone()),
            heartbeat_every_ms: mine.heartbeat_every_ms.or(defaults.heartbeat_every_ms),
            heartbeat_expect: mine.heartbeat_expect.or_else(|| defaults.heartbeat_expect.clone()),
            not_data: mine.not_data.or_else(|| defaults.not_data.clone()),
            text_ping: mine.text_ping.or_else(|| defaults.text_ping.clone()),
            limits: mine.limits.over(defaults.limits),
        }
    }
}

impl Limits {
    /// These limits, with `defaults` where they say nothing.
    fn over(self, defaults: Self) -> Self {
        Self {
            read_buffer: self.read_buffer.or(defaults.read_buffer),
            write_buffer: self.write_buffer.or(defaults.write_buffer),
            frame: self.frame.or(defaults.frame),
            message: self.message.or(defaults.message),
        }
    }
}

/// A list of codes without those that the endpoint itself has in the other list.
fn without(mut codes: Vec<u16>, others: &[u16]) -> Vec<u16> {
    codes.retain(|code| !others.contains(code));
    codes
}

fn or_default<T: Clone>(own: Vec<T>, default: &[T]) -> Vec<T> {
    if own.is_empty() { default.to_vec() } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn header(name: &str, value: &str) -> Header {
        Header { name: name.to_owned(), value: Secret::new(value) }
    }

    #[test]
    fn what_an_endpoint_says_of_a_code_wins_over_the_opposite() {
        let never = |codes: &[u16]| ConnectionOptions { never_retry: codes.to_vec(), ..ConnectionOptions::default() };
        let always = |codes: &[u16]| ConnectionOptions { always_retry: codes.to_vec(), ..ConnectionOptions::default() };
        let lists = |options: ConnectionOptions| (options.never_retry, options.always_retry);
        assert_eq!(lists(never(&[4001]).over(&always(&[4001, 401]))), (vec![4001], vec![401]));
        assert_eq!(lists(always(&[4001]).over(&never(&[4001, 401]))), (vec![401], vec![4001]));
    }

    #[test]
    fn what_an_endpoint_says_wins_and_headers_are_joined_by_name() {
        let defaults = ConnectionOptions {
            headers: vec![header("X-Key", "service"), header("X-Region", "eu")],
            bearer_token: Some(Secret::new("service")),
            ping_interval_ms: Some(1_000),
            never_retry: vec![4001],
            limits: Limits { frame: Some(2_048), ..Limits::default() },
            ..ConnectionOptions::default()
        };
        let own = ConnectionOptions {
            headers: vec![header("x-key", "own")],
            ping_interval_ms: Some(500),
            limits: Limits { message: Some(4_096), ..Limits::default() },
            stay_closed: true,
            ..ConnectionOptions::default()
        };
        let expected = ConnectionOptions {
            headers: vec![header("X-Region", "eu"), header("x-key", "own")],
            limits: Limits { frame: Some(2_048), message: Some(4_096), ..Limits::default() },
            bearer_token: defaults.bearer_token.clone(),
            never_retry: vec![4001],
            ..own.clone()
        };
        assert_eq!(own.over(&defaults), expected);
        let basic = ConnectionOptions { basic_auth: Some(Secret::new("a:b")), ..ConnectionOptions::default() };
        assert_eq!((basic.over(&defaults).bearer_token, defaults.over(&basic).basic_auth), (None, None));
        assert_eq!(own.over(&ConnectionOptions::default()), own);
        assert_eq!(ConnectionOptions::default().over(&defaults), defaults);
    }

    #[test]
    fn what_the_endpoint_says_comes_before_the_service_and_that_before_the_profile() {
        let service = ConnectionOptions { heartbeat_every_ms: Some(7_000), ..ConnectionOptions::default() };
        let own = ConnectionOptions {
            profile: Some(Profile::Stomp),
            not_data: Some("^own$".to_owned()),
            ..ConnectionOptions::default()
        };
        let stomp = Profile::Stomp.options();
        let expected = ConnectionOptions {
            profile: own.profile,
            not_data: own.not_data.clone(),
            heartbeat_every_ms: Some(7_000),
            ..stomp.clone()
        };
        assert_eq!(own.in_force(&service), expected);
        assert_eq!(own.default_of("heartbeat_every_ms", &service), Some(DefaultOf::Service("7000".to_owned())));
        let profile = |field: &str| Some(DefaultOf::Profile(Profile::Stomp, stomp.field(field)));
        assert_eq!(own.default_of("opening", &service), profile("opening"));
        assert_eq!(own.default_of("not_data", &service), profile("not_data"), "whatever stands in the field");
        assert_eq!(own.default_of("headers", &service), None);
    }

    #[test]
    fn a_profile_of_the_service_holds_for_its_endpoints_unless_they_have_another() {
        let service = ConnectionOptions { profile: Some(Profile::Nats), ..ConnectionOptions::default() };
        let plain = ConnectionOptions::default();
        assert_eq!(plain.in_force(&service).opening, Profile::Nats.options().opening);
        let mqtt = ConnectionOptions { profile: Some(Profile::Mqtt), ..plain };
        assert_eq!(mqtt.in_force(&service).opening, Profile::Mqtt.options().opening);
    }
}
