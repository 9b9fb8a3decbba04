//! The task that owns one connection: brings its machine (`machine/`) the inputs, and carries the effects out.

mod beside;
mod report;
mod under_way;
mod work;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
};

use futures_util::FutureExt;
use rand::rngs::SmallRng;
use tokio::time::Instant;
use tracing::error;
use wsmon_model::EndpointId;

pub(super) use self::under_way::UnderWay;
use super::{
    bus::EventBus,
    clock::unix_ms,
    command::{Asked, Command},
    config::ManagerConfig,
    dial::Dialer,
    frame::CloseCode,
    gate::Standing,
    machine::{Answer, Effects, Input, Machine, Now},
    mailbox,
    registry::Registry,
    service::Upstream,
    state::Shared,
    state_channel::StateSender,
};

/// Everything one connection needs.
pub(super) struct ConnectionTask {
    pub(super) endpoint: EndpointId,
    /// Tells this endpoint from others at the gate.
    pub(super) number: u64,
    pub(super) dialer: Arc<Dialer>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) config: Arc<ManagerConfig>,
    pub(super) events: EventBus,
    pub(super) rng: SmallRng,
    pub(super) commands: mailbox::Receiver<Asked>,
    pub(super) state: StateSender,
    pub(super) shared: Arc<Shared>,
    pub(super) machine: Machine,
    pub(super) under_way: UnderWay,
    /// What the last attempt says about the endpoint.
    pub(super) standing: Standing,
    /// The host's successes before the last attempt.
    pub(super) successes_before: u64,
}

impl ConnectionTask {
    /// Runs until told to stop. Then it takes the connection's entry out of the registry, and only after that drops its
    /// ends of the channels.
    #[expect(clippy::manual_async_fn, reason = "the future of an `async fn` has room for each argument twice")]
    pub(super) fn run(mut self, registry: Weak<Registry>) -> impl Future<Output = ()> {
        async move {
            let effects = self.machine.start();
            self.carry_out(effects);
            while !self.machine.has_ended() {
                // A panic ends only what is under way: it counts as a failure and is tried again.
                if AssertUnwindSafe(self.turn()).catch_unwind().await.is_err() {
                    error!(endpoint = %self.endpoint, "a panic ended the attempt");
                    self.step(Input::Panicked, None);
                }
            }
            if let Some(registry) = registry.upgrade() {
                registry.remove(&self.endpoint);
            }
        }
    }

    /// Waits for an input, and does what follows it.
    async fn turn(&mut self) {
        let (input, asked_ms) = tokio::select! {
            outcome = self.under_way.outcome(&self.shared, &self.config.clock) => (self.ended(outcome), None),
            asked = self.commands.recv(), if self.machine.takes_commands() => {
                // Without anybody left who could give one, it is no longer wanted.
                let Asked { command, at_ms } = asked.unwrap_or_else(|| Command::Stop { code: CloseCode::Away }.into());
                (Input::Command(command), at_ms)
            }
        };
        self.step(input, asked_ms);
    }

    /// What follows an input. What an administrator asked for counts from then on, not from when its turn came.
    fn step(&mut self, input: Input, asked_ms: Option<i64>) {
        let now = Now { instant: Instant::now(), wall: self.config.clock.now() };
        let (now_ms, before) = (unix_ms(now.wall), self.machine.period());
        let mut effects = self.machine.step(input, now, &mut self.rng);
        let transition = self.machine.transition(before, effects.report.as_ref(), asked_ms.unwrap_or(now_ms));
        match effects.report.take() {
            Some(report) => self.report(report, now_ms, transition),
            None => self.tell(transition),
        }
        self.carry_out(effects);
    }

    /// Carries out what follows besides what is reported.
    fn carry_out(&mut self, Effects { publish, work, beside, answer, .. }: Effects) {
        if publish {
            self.publish();
        }
        if let Some(work) = work {
            self.begin(work);
        }
        if let Some(beside) = beside {
            self.begin_beside(beside);
        }
        // Whoever asked may have stopped waiting for the answer.
        match answer {
            Some(Answer::Done(done)) => drop(done.send(())),
            Some(Answer::Send { message, done }) => drop(done.send(self.under_way.send(&message))),
            None => {}
        }
    }

    /// Shows everybody the machine's state. The copies that the list is made of are changed under the lock of the state, so
    /// that whoever sees the one sees the others.
    fn publish(&self) {
        let state = self.machine.state();
        self.state.send_modify(|published| {
            self.upstream.tally.move_one(published.phase.status(), state.phase.status());
            self.shared.set_listed(state);
            published.clone_from(state);
        });
    }
}
