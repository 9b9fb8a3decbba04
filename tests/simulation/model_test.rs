//! Commands and events in any order: the manager does what the model says, wants what the keeper keeps,
//! and knows after a restart what it knew before.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use proptest::prelude::*;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use tokio::{runtime::Runtime, time::sleep};
use wsmon_manager::{
    CheckedOptions, ConnectionManager, EventRecord, Happened, KeepError, Keeper, ManagerConfig, ManagerError, Wanted,
};
use wsmon_model::{ConnectionOptions, EndpointId, PendingAudit, Phase};

use crate::model::{Action, Feed, Model, Plan, Upstream};
use crate::{
    common::{name, soon},
    network::Network,
    setup::{MINUTE, base, config, paused_runtime},
    upstream::Manner,
};

/// Keeps what is wanted for as long as the test runs.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<EndpointId, Wanted>>);

impl Memory {
    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<EndpointId, Wanted>) -> T) -> T {
        change(&mut self.0.lock().expect("no panic while keeping"))
    }
}

impl Keeper for Memory {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        Box::pin(async { Ok(self.change(|all| all.values().cloned().collect())) })
    }

    fn save<'a>(
        &'a self,
        wanted: &'a Wanted,
        _: &'a EventRecord,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        self.change(|all| all.insert(wanted.endpoint.clone(), wanted.clone()));
        Box::pin(async { Ok(()) })
    }

    fn forget<'a>(
        &'a self,
        endpoint: &'a EndpointId,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        self.change(|all| all.remove(endpoint));
        Box::pin(async { Ok(()) })
    }

    fn append<'a>(&'a self, _: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}

struct System {
    network: Network,
    keeper: Arc<Memory>,
    manager: ConnectionManager,
}

impl System {
    fn new() -> Self {
        let (network, keeper) = (Network::new(1), Arc::default());
        let manager = manager(&network, &keeper);
        Self { network, keeper, manager }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Upstream(upstream) => self.network.change(|weather| {
                weather.refusing = upstream == Upstream::Refuses;
                weather.manner = if upstream == Upstream::Forbids { Manner::Refuse(403, None) } else { Manner::Serve };
            }),
            Action::CloseAll(code) => self.network.close_all(code),
            Action::Pass => {}
            Action::Restart => {
                self.manager.shutdown().await;
                assert_eq!(self.live(), [0; 2]);
                self.manager = manager(&self.network, &self.keeper);
                self.manager.restore().await.expect("restored");
            }
            _ => self.command(action).await,
        }
    }

    async fn command(&self, action: Action) {
        let (manager, n) = (&self.manager, action.endpoint().expect("a command is for somebody"));
        let endpoint = &endpoint(n);
        let was_there = manager.get(endpoint).is_some();
        let outcome = match action {
            Action::Connect(_, auto_reconnect) => manager.connect(endpoint, auto_reconnect).await.map(|_| ()),
            Action::Disconnect(_) => manager.disconnect(endpoint).await,
            Action::AutoReconnect(_, enabled) => manager.set_auto_reconnect(endpoint, enabled).await,
            Action::Pause(_) => manager.pause(endpoint).await,
            Action::Resume(_) => manager.resume(endpoint).await,
            Action::Options(_, plan) => manager.set_options(endpoint, options(plan)).await,
            _ => manager.remove(endpoint).await,
        };
        if was_there || matches!(action, Action::Connect(..)) {
            assert_eq!(outcome, Ok(()));
        } else {
            assert_eq!(outcome, Err(ManagerError::Unknown(endpoint.clone())));
        }
        if matches!(action, Action::Disconnect(_) | Action::Remove(_)) {
            assert_eq!(self.live()[n], 0, "acknowledged before the socket was closed");
        }
    }

    /// Waits until no attempt is under way.
    async fn settle(&self) {
        let settled = async {
            while [0, 1].into_iter().any(|n| self.phase(n) == Some(Phase::Connecting)) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        soon("attempts to end", settled).await;
    }

    fn phase(&self, n: usize) -> Option<Phase> {
        self.manager.get(&endpoint(n)).map(|connection| connection.phase)
    }

    fn live(&self) -> [usize; 2] {
        [0, 1].map(|n| self.network.census().live(&endpoint(n)))
    }
}

fn endpoint(n: usize) -> EndpointId {
    name(["a", "b"][n])
}

fn options(plan: Plan) -> CheckedOptions {
    let never_retry = if plan == Plan::NeverAfter1001 { vec![1001] } else { Vec::new() };
    let stay_closed = plan == Plan::StayClosed;
    CheckedOptions::new(ConnectionOptions { never_retry, stay_closed, ..ConnectionOptions::default() }).expect("valid")
}

fn manager(network: &Network, keeper: &Arc<Memory>) -> ConnectionManager {
    let keeper = Arc::clone(keeper);
    ConnectionManager::new(base(), ManagerConfig { keeper, ..config(1, network.clone()) })
}

fn wanted(n: usize, feed: Feed) -> Wanted {
    let Feed { on, auto_reconnect, plan, .. } = feed;
    Wanted { endpoint: endpoint(n), on, auto_reconnect, options: options(plan) }
}

impl StateMachineTest for System {
    type SystemUnderTest = (Runtime, Self);
    type Reference = Model;

    fn init_test(_: &Model) -> (Runtime, Self) {
        let runtime = paused_runtime();
        let system = runtime.block_on(async { Self::new() });
        (runtime, system)
    }

    fn apply((runtime, mut system): (Runtime, Self), model: &Model, action: Action) -> (Runtime, Self) {
        runtime.block_on(async {
            system.act(action).await;
            // A moment for what is under way, or until a blocked connection has been tried again.
            sleep(if model.long { 10 * MINUTE } else { Duration::from_secs(1) }).await;
            system.settle().await;
        });
        (runtime, system)
    }

    fn check_invariants((_, system): &(Runtime, Self), model: &Model) {
        let phases = model.feeds.map(|feed| feed.map(|feed| feed.phase));
        assert_eq!([0, 1].map(|n| system.phase(n)), phases);
        assert_eq!(system.live(), phases.map(|phase| usize::from(phase == Some(Phase::Connected))));
        assert!(system.network.census().most() <= 1, "two sockets of one endpoint");
        let kept: Vec<_> = system.keeper.change(|all| all.values().cloned().collect());
        let feeds = model.feeds.iter().enumerate();
        let wanted: Vec<_> = feeds.filter_map(|(n, feed)| Some(wanted(n, (*feed)?))).collect();
        assert_eq!(kept, wanted);
    }
}

/// More for a long run: `make soak`.
fn cases() -> u32 {
    std::env::var("WSMON_SOAK").map_or(512, |cases| cases.parse().expect("WSMON_SOAK is a number"))
}

prop_state_machine! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_order_of_commands_and_events_agrees_with_the_model(sequential 1..40 => System);
}
