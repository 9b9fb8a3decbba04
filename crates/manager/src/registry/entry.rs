//! One connection as the registry holds it, and as it is described.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    clock::{WallTimes, unix_ms},
    command::Asked,
    counts::EndpointSample,
    describe::{LongestSilence, describe_silence},
    failure::Failure,
    freshness::FreshnessConfig,
    gate::OpenBreaker,
    keeper::EndpointTransition,
    machine::period_of,
    mailbox,
    service::Upstream,
    state::{ConnectionState, NextRetry, Shared},
    state_channel::StateReceiver,
};
use wsmon_model::{Cause, Connection, EndpointId, Evidence, Phase, ServiceName, Silence, Transition, WaitingFor};

/// One connection: how to command it and what it shares.
pub(crate) struct Entry {
    pub(crate) endpoint: EndpointId,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) commands: mailbox::Sender<Asked>,
    pub(crate) state: StateReceiver,
    pub(crate) shared: Arc<Shared>,
}

/// What a description needs besides the connection itself.
pub(crate) struct View<'a> {
    /// Now, and what other times are, on the wall.
    pub(crate) wall: WallTimes,
    /// Of each service whose host fails: why its endpoints wait for the next probe, and when that is.
    pub(crate) open_breakers: BTreeMap<&'a ServiceName, OpenBreaker>,
    /// Which silences are unusual.
    pub(crate) freshness: FreshnessConfig,
}

impl View<'_> {
    /// Now, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.wall.now_ms()
    }

    /// What a connection waits for besides the time.
    fn waiting_for(&self, service: &ServiceName, next: NextRetry) -> Option<WaitingFor> {
        match (next, self.open_breakers.get(service)) {
            (NextRetry::At(_), _) => None,
            (NextRetry::AtGate, None) => Some(WaitingFor::Pacing),
            (NextRetry::AtGate, Some(OpenBreaker { probe_due: Some(_), .. })) => Some(WaitingFor::Probe),
            (NextRetry::AtGate, Some(OpenBreaker { probe_due: None, .. })) => Some(WaitingFor::ProbeUnderWay),
        }
    }

    /// When the next attempt, or the host's next probe, starts or was due, on the wall; none while a probe is under way.
    /// The same whenever it is asked for.
    fn retry_ms(&self, service: &ServiceName, state: &ConnectionState) -> Option<i64> {
        match (state.next_retry?, self.open_breakers.get(service)) {
            (NextRetry::At(at), _) => Some(self.wall.unix_ms_at(at)),
            // Its turn has been due since it began to wait for it.
            (NextRetry::AtGate, None) => Some(unix_ms(state.since)),
            (NextRetry::AtGate, Some(open_breaker)) => open_breaker.probe_due.map(|at| self.wall.unix_ms_at(at)),
        }
    }

    /// Why the host of a connection that waits for it fails.
    pub(crate) fn host_failure(&self, service: &ServiceName, state: &ConnectionState) -> Option<&Failure> {
        let open_breaker = self.open_breakers.get(service).filter(|_| state.next_retry == Some(NextRetry::AtGate));
        open_breaker.map(|open_breaker| &*open_breaker.why)
    }

    /// Why a connection is down, and, if that has changed since, why its host is.
    fn cause_text(&self, service: &ServiceName, state: &ConnectionState) -> Option<String> {
        let own = state.failure.as_ref().map(ToString::to_string);
        match (own, self.host_failure(service, state).map(ToString::to_string)) {
            (Some(own), Some(host)) if own != host => Some(format!("{own} Since then: {host}")),
            (own, host) => own.or(host),
        }
    }
}

impl Entry {
    /// As what it counts now, and since when at the latest.
    pub(crate) fn present(&self) -> EndpointTransition {
        let state = self.state.borrow();
        let transition = Transition { at_ms: unix_ms(state.since), to: period_of(state.phase), why: None };
        EndpointTransition { endpoint: self.endpoint.clone(), transition }
    }

    /// The connection as it is now. What describes it changes only with what happens to it, not with the time.
    pub(crate) fn describe(&self, view: &View<'_>) -> Connection {
        let state = self.state.borrow().clone();
        let failure = state.failure.as_deref();
        let service = &self.endpoint.service;
        Connection {
            endpoint: self.endpoint.clone(),
            url: self.upstream.shown_url(&self.endpoint),
            phase: state.phase,
            auto_reconnect: state.auto_reconnect,
            since_ms: unix_ms(state.since),
            attempt: state.attempt,
            next_retry_ms: view.retry_ms(service, &state),
            waiting_for: state.next_retry.and_then(|next| view.waiting_for(service, next)),
            layer: failure.map(Failure::layer),
            cause: failure.map(Failure::cause),
            cause_text: view.cause_text(service, &state),
            close_code: failure.and_then(Failure::close_code),
            rtt_ms: self.shared.rtt_ms().filter(|_| state.phase == Phase::Connected),
            messages_received: self.shared.messages_received(),
            bytes_received: self.shared.bytes_received(),
            last_message_ms: self.shared.last_message_ms(),
            messages_dropped: self.shared.publisher.dropped(),
            silence: self.silence(view, &state),
        }
    }

    /// What was seen of its failure, with the attempt in which it was seen.
    pub(crate) fn evidence(&self, state: &ConnectionState) -> Option<Evidence> {
        let evidence = state.failure.as_ref()?.evidence();
        let attempt = state.last_attempt.as_deref().filter(|_| evidence.cause != Some(Cause::InternalError));
        Some(Evidence { attempt: evidence.attempt.or(attempt.copied()), ..evidence })
    }

    /// When it is last known to have been connected, since the monitor was started, in Unix milliseconds.
    pub(crate) fn worked_ms(&self, state: &ConnectionState) -> Option<i64> {
        let is_up = (state.phase == Phase::Connected).then(|| unix_ms(state.since));
        is_up.max(self.shared.last_message_ms())
    }

    /// The connection as it is now, for metrics' sake.
    pub(crate) fn sample(&self, view: &View<'_>) -> EndpointSample {
        let state = self.state.borrow().clone();
        EndpointSample {
            endpoint: self.endpoint.clone(),
            phase: state.phase,
            on: state.on,
            stale: self.longest_silence(&state).is_some_and(|longest| self.is_stale(longest, view)),
            since: state.since,
            next_retry_ms: view.retry_ms(&self.endpoint.service, &state),
            messages_received: self.shared.messages_received(),
            bytes_received: self.shared.bytes_received(),
            last_message_ms: self.shared.last_message_ms(),
            counts: self.shared.counts.sample(),
        }
    }

    /// How long the connection may be quiet, and since when it has been for longer.
    fn silence(&self, view: &View<'_>, state: &ConnectionState) -> Option<Silence> {
        let longest = self.longest_silence(state)?;
        let stale_since = self.is_stale(longest, view).then(|| self.shared.active_at());
        Some(Silence {
            is_configured: matches!(longest, LongestSilence::Configured(_)),
            longest: describe_silence(longest),
            stale_since_ms: stale_since.map(|since| view.wall.unix_ms_at(since)),
        })
    }

    /// How long the connection may be quiet; none while it is not connected, or as long as nothing is known.
    fn longest_silence(&self, state: &ConnectionState) -> Option<LongestSilence> {
        if state.phase != Phase::Connected {
            return None;
        }
        let configured = state.options.max_silence().map(LongestSilence::Configured);
        configured.or_else(|| self.shared.silences.usual().map(LongestSilence::Usual))
    }

    fn is_stale(&self, longest: LongestSilence, view: &View<'_>) -> bool {
        let allowed = match longest {
            LongestSilence::Configured(longest) => longest,
            LongestSilence::Usual(longest) => view.freshness.unusual_after(longest),
        };
        self.shared.active_at().elapsed() > allowed
    }
}
