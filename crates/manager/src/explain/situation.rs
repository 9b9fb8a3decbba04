//! What is known of a connection when it is to be explained.

use wsmon_model::{Cause, EndpointName, Evidence, HttpAnswer, NameFault, Phase, Stage, TlsProblem};

use super::past::Past;

/// What is known of a connection: as much as whoever asks could find out, for a rule does without.
pub(crate) struct Situation<'a> {
    pub(crate) name: &'a EndpointName,
    pub(crate) phase: Phase,
    /// Since when, and what time it is, in Unix milliseconds.
    pub(crate) since_ms: i64,
    pub(crate) now_ms: i64,
    /// What was seen of the failure; none while it is connected.
    pub(crate) evidence: Option<&'a Evidence>,
    pub(crate) past: &'a Past,
    /// When it is last known to have been connected, in Unix milliseconds.
    pub(crate) worked_ms: Option<i64>,
    /// Connected endpoints of its service with names like its own.
    pub(crate) alike: &'a [EndpointName],
    /// Whether its service is reached by TLS.
    pub(crate) is_tls: bool,
    /// How often it is pinged, in milliseconds.
    pub(crate) ping_interval_ms: u64,
    /// The services that are somewhere else than on the monitor's machine, its own among them. Empty unless that matters.
    pub(crate) services: &'a [ServiceStanding],
}

/// How a service does, as far as its host is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceStanding {
    pub(crate) host: String,
    /// Whether any of its endpoints is connected.
    pub(crate) is_connected: bool,
    /// What the failure of one of its endpoints says about the way there.
    pub(crate) trouble: Option<Trouble>,
}

/// What a failure says about the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No name server answers, or nothing comes back from the address.
    Unreachable,
    /// Its certificate is not valid yet.
    NotValidYet,
}

impl Trouble {
    pub(crate) fn of(evidence: &Evidence) -> Option<Self> {
        // Nothing is known of what is behind a proxy.
        if evidence.tunnel.is_some() {
            return None;
        }
        let stage = evidence.attempt.map(|attempt| attempt.stage);
        match evidence.cause? {
            // That there is no such name was said by a name server.
            Cause::DnsFailure => {
                let fault = evidence.name.as_ref().and_then(|name| name.fault);
                (fault == Some(NameFault::NoAnswer)).then_some(Self::Unreachable)
            }
            Cause::Unreachable => Some(Self::Unreachable),
            Cause::HandshakeTimeout => matches!(stage, Some(Stage::Dns | Stage::Tcp)).then_some(Self::Unreachable),
            Cause::TlsFailure => {
                let problem = evidence.tls.as_ref().and_then(|fault| fault.problem);
                (problem == Some(TlsProblem::NotValidYet)).then_some(Self::NotValidYet)
            }
            _ => None,
        }
    }
}

impl Situation<'_> {
    /// The service's answer with which it refused the upgrade.
    pub(super) fn refusal(&self) -> Option<&HttpAnswer> {
        let evidence = self.evidence.filter(|evidence| evidence.cause == Some(Cause::HttpStatus))?;
        // A proxy's answer says nothing about the service.
        evidence.http.as_ref().filter(|_| evidence.tunnel.is_none())
    }

    /// The failure is the end of a session, or there is none: so far nothing else keeps it from being open.
    pub(super) fn has_opened(&self) -> bool {
        let Some(evidence) = self.evidence else { return matches!(self.phase, Phase::Connected | Phase::Connecting) };
        let was_open = evidence.attempt.is_none_or(|attempt| attempt.stage == Stage::Open);
        was_open && matches!(evidence.cause, Some(Cause::ConnectionLost | Cause::ClosedByPeer))
    }

    /// How long it has been connected, in milliseconds; 0 while it is not.
    pub(super) fn connected_ms(&self) -> i64 {
        if self.phase == Phase::Connected { self.now_ms - self.since_ms } else { 0 }
    }

    /// Whether it is known to have been connected under this name.
    pub(super) fn has_worked(&self) -> bool {
        self.worked_ms.is_some()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use wsmon_model::{Attempt, PeerText};

    /// What time it is in the tests of rules: 14 Nov 2023 22:13:20 UTC.
    pub(crate) const NOW_MS: i64 = 1_700_000_000_000;

    /// All that a situation borrows, to be changed by a test.
    pub(crate) struct Known {
        pub(crate) name: EndpointName,
        pub(crate) phase: Phase,
        pub(crate) since_ms: i64,
        pub(crate) evidence: Option<Evidence>,
        pub(crate) past: Past,
        pub(crate) worked_ms: Option<i64>,
        pub(crate) alike: Vec<EndpointName>,
        pub(crate) is_tls: bool,
        pub(crate) ping_interval_ms: u64,
        pub(crate) services: Vec<ServiceStanding>,
    }

    impl Default for Known {
        fn default() -> Self {
            Self {
                name: name("data-feed"),
                phase: Phase::Blocked,
                since_ms: NOW_MS - 1_000,
                evidence: None,
                past: Past::default(),
                worked_ms: None,
                alike: Vec::new(),
                is_tls: false,
                ping_interval_ms: 15_000,
                services: Vec::new(),
            }
        }
    }

    impl Known {
        pub(crate) fn situation(&self) -> Situation<'_> {
            Situation {
                name: &self.name,
                phase: self.phase,
                since_ms: self.since_ms,
                now_ms: NOW_MS,
                evidence: self.evidence.as_ref(),
                past: &self.past,
                worked_ms: self.worked_ms,
                alike: &self.alike,
                is_tls: self.is_tls,
                ping_interval_ms: self.ping_interval_ms,
                services: &self.services,
            }
        }
    }

    pub(crate) fn name(text: &str) -> EndpointName {
        text.parse().expect("a name")
    }

    /// An upgrade that was refused by this answer.
    pub(crate) fn refused(answer: HttpAnswer) -> Known {
        let attempt = Some(Attempt::at(Stage::Upgrade));
        let evidence = Evidence { cause: Some(Cause::HttpStatus), http: Some(answer), attempt, ..Evidence::default() };
        Known { evidence: Some(evidence), ..Known::default() }
    }

    /// An answer with this status, of this server, with this body.
    pub(crate) fn answer(status: u16, server: &str, body: &str) -> HttpAnswer {
        HttpAnswer { status, server: PeerText::new(server), body: PeerText::new(body), ..HttpAnswer::default() }
    }

    /// A session that was cut.
    pub(crate) fn lost() -> Known {
        let attempt = Some(Attempt::at(Stage::Open));
        let evidence = Evidence { cause: Some(Cause::ConnectionLost), attempt, ..Evidence::default() };
        Known { evidence: Some(evidence), phase: Phase::Waiting, ..Known::default() }
    }
}
