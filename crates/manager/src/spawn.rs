//! How a connection comes into being.

use std::sync::{Arc, atomic::Ordering};

use rand::{SeedableRng, rngs::SmallRng};

use super::{
    failure::Failure,
    gate::{Lane, Standing},
    keeper::{EndpointTransition, Wanted},
    machine::Machine,
    mailbox::mailbox,
    manager::ConnectionManager,
    registry::Entry,
    service::Upstream,
    state::{ConnectionState, NextRetry, Shared},
    state_channel::state_channel,
    task::{ConnectionTask, UnderWay},
};
use wsmon_model::{EndpointId, PeriodKind, Phase, Transition};

/// Commands that may wait for a connection's task.
const COMMANDS: usize = 16;

impl ConnectionManager {
    /// Starts the task of a connection that was added at a time, from which on its availability counts.
    pub(super) fn spawn_new(&self, upstream: &Arc<Upstream>, wanted: Wanted, lane: Lane, at_ms: i64) -> Entry {
        let endpoint = wanted.endpoint.clone();
        let to = if wanted.on && upstream.is_configured() { PeriodKind::Down } else { PeriodKind::Off };
        // Before the task can tell of anything.
        let transition = Transition { at_ms, to, why: None };
        self.0.events.publish_transition(EndpointTransition { endpoint, transition });
        self.spawn(upstream, wanted, lane)
    }

    /// Starts the task of a new connection.
    pub(super) fn spawn(&self, upstream: &Arc<Upstream>, wanted: Wanted, lane: Lane) -> Entry {
        let inner = &self.0;
        let Wanted { endpoint, on, auto_reconnect, options } = wanted;
        // One text for all endpoints of a service.
        let endpoint = EndpointId { service: upstream.name.clone(), ..endpoint };
        let (phase, next_retry) = match (on && upstream.is_configured(), lane) {
            (false, _) => (Phase::Off, None),
            (true, Lane::Urgent) => (Phase::Connecting, None),
            (true, Lane::Queue) => (Phase::Waiting, Some(NextRetry::AtGate)),
        };
        let not_configured = || Arc::new(Failure::NotConfigured { service: upstream.name.clone() });
        let (commands, receiver) = mailbox(COMMANDS);
        let initial = ConnectionState {
            phase,
            since: inner.config.clock.now(),
            on,
            auto_reconnect,
            attempt: 0,
            next_retry,
            failure: (!upstream.is_configured()).then(not_configured),
            last_attempt: None,
            options: upstream.options_in_force(options),
        };
        let (sender, state) = state_channel(initial.clone());
        let shared = Arc::new(Shared::new(&inner.timings, &inner.config.freshness));
        // Before the task can move it on. The registry takes it out of the count again.
        shared.set_listed(&initial);
        upstream.tally.add(initial.phase.status());
        let number = inner.spawned.fetch_add(1, Ordering::Relaxed);
        let task = ConnectionTask {
            endpoint: endpoint.clone(),
            number,
            dialer: Arc::clone(&inner.dialer),
            upstream: Arc::clone(upstream),
            config: Arc::clone(&inner.config),
            events: inner.events.clone(),
            rng: SmallRng::seed_from_u64(inner.config.seed.wrapping_add(number)),
            commands: receiver,
            state: sender,
            shared: Arc::clone(&shared),
            machine: Machine::new(initial, inner.config.backoff),
            under_way: UnderWay::default(),
            standing: Standing::default(),
            successes_before: 0,
        };
        // The registry holds the other end of the commands: when it is dropped, so does the task end.
        inner.tasks.spawn(task.run(Arc::downgrade(&inner.registry)));
        Entry { endpoint, upstream: Arc::clone(upstream), commands, state, shared }
    }
}
