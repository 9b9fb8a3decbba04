//! The manager's own life: changes that nobody waits for, shutdowns, and the end of the last handle.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, future::BoxFuture};
use tokio::{
    sync::{Notify, Semaphore},
    task::yield_now,
};
use wsmon_manager::{
    Base, ConnectionManager, EventRecord, Happened, KeepError, Keeper, ManagerConfig, ManagerError, Wanted,
};
use wsmon_model::{EndpointId, PendingAudit, Phase};

use crate::support::{
    manager, name, soon,
    upstream::{Manner, Upstream},
};

/// Keeps what is wanted at once, as a store on a disk may, but says so only when it is let.
struct Held {
    kept: Mutex<BTreeMap<EndpointId, Wanted>>,
    saving: Notify,
    leave: Semaphore,
}

impl Held {
    /// Lets that many saves pass.
    fn new(leave: usize) -> Arc<Self> {
        Arc::new(Self { kept: Mutex::default(), saving: Notify::new(), leave: Semaphore::new(leave) })
    }

    fn manager(self: &Arc<Self>, base: Base) -> ConnectionManager {
        let keeper = Arc::clone(self);
        ConnectionManager::new(base, ManagerConfig { seed: 1, keeper, ..ManagerConfig::default() })
    }

    /// Whether an endpoint is kept, and as on.
    fn on(&self, endpoint: &EndpointId) -> Option<bool> {
        self.kept.lock().expect("no panic while keeping").get(endpoint).map(|wanted| wanted.on)
    }
}

impl Keeper for Held {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save<'a>(
        &'a self,
        wanted: &'a Wanted,
        _: &'a EventRecord,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async {
            self.kept.lock().expect("no panic while keeping").insert(wanted.endpoint.clone(), wanted.clone());
            self.saving.notify_one();
            self.leave.acquire().await.expect("never closed").forget();
            Ok(())
        })
    }

    fn forget<'a>(
        &'a self,
        endpoint: &'a EndpointId,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async {
            self.kept.lock().expect("no panic while keeping").remove(endpoint);
            self.saving.notify_one();
            self.leave.acquire().await.expect("never closed").forget();
            Ok(())
        })
    }

    fn append<'a>(&'a self, _: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_any_more_is_made_all_the_same() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let keeper = Held::new(1);
    let manager = keeper.manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    keeper.saving.notified().await;
    soon("connected", handle.settled()).await;
    upstream.wait_live(1).await;

    let disconnecting = tokio::spawn({
        let (manager, feed) = (manager.clone(), feed.clone());
        async move { manager.disconnect(&feed).await }
    });
    soon("a save", keeper.saving.notified()).await;
    disconnecting.abort();
    assert!(disconnecting.await.expect_err("nobody waits").is_cancelled());
    assert_eq!(keeper.on(&feed), Some(false));
    keeper.leave.add_permits(1);
    assert!(!soon("off", handle.wait_for(|state| state.phase == Phase::Off)).await.on);
    upstream.wait_live(0).await;

    let removing = tokio::spawn({
        let (manager, feed) = (manager.clone(), feed.clone());
        async move { manager.remove(&feed).await }
    });
    soon("a save", keeper.saving.notified()).await;
    removing.abort();
    assert!(removing.await.expect_err("nobody waits").is_cancelled());
    assert_eq!(keeper.on(&feed), None);
    keeper.leave.add_permits(1);
    // Only the end of the task ends this.
    soon("removed", handle.wait_for(|_| false)).await;
    assert_eq!(manager.get(&feed), None);
}

#[tokio::test]
async fn a_connect_that_races_a_shutdown_is_kept_and_starts_nothing() {
    let upstream = Upstream::start(Manner::Echo).await;
    let keeper = Held::new(0);
    let manager = keeper.manager(upstream.base());
    let feed = name("data-feed");
    let connecting = tokio::spawn({
        let (manager, feed) = (manager.clone(), feed.clone());
        async move { manager.connect(&feed, None).await.map(|_| ()) }
    });
    soon("a save", keeper.saving.notified()).await;
    let stopping = tokio::spawn({
        let manager = manager.clone();
        async move { manager.shutdown().await }
    });
    while manager.is_running() {
        yield_now().await;
    }
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!stopping.is_finished(), "it waits for what is under way");
    keeper.leave.add_permits(1);
    soon("shut down", stopping).await.expect("no panic");
    assert_eq!(connecting.await.expect("no panic"), Err(ManagerError::Interrupted));
    assert_eq!((manager.get(&feed), upstream.accepted()), (None, 0));
    assert_eq!(keeper.on(&feed), Some(true));
    assert_eq!(manager.connect(&feed, None).await.map(|_| ()), Err(ManagerError::ShuttingDown));
    assert_eq!(manager.disconnect(&feed).await, Err(ManagerError::ShuttingDown));
}

#[tokio::test]
async fn an_attempt_that_a_shutdown_ends_says_so() {
    let upstream = Upstream::start(Manner::Mute).await;
    let keeper = Held::new(1);
    let manager = keeper.manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    soon("shut down", manager.shutdown()).await;
    assert_eq!(soon("an outcome", handle.outcome()).await, Err(ManagerError::Interrupted));
    assert_eq!(keeper.on(&feed), Some(true));
}

#[tokio::test]
async fn an_attempt_that_a_removal_ends_says_so() {
    let upstream = Upstream::start(Manner::Mute).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    soon("removed", manager.remove(&feed)).await.expect("the endpoint is there");
    assert_eq!(soon("an outcome", handle.outcome()).await, Err(ManagerError::Unknown(feed)));
}

#[tokio::test]
async fn dropping_the_last_handle_ends_every_task() {
    for manner in [Manner::Echo, Manner::Mute, Manner::Refuse(503), Manner::Refuse(403)] {
        let mut upstream = Upstream::start(manner).await;
        let manager = manager(upstream.base());
        let mut handle = manager.connect(&name("data-feed"), None).await.expect("connects");
        if manner != Manner::Mute {
            soon("settled", handle.settled()).await;
        }
        drop(manager);
        soon("the end of the task", handle.wait_for(|_| false)).await;
        if manner == Manner::Echo {
            assert_eq!(soon("a close frame", upstream.codes.recv()).await, Ok(Some(1001)));
            upstream.wait_live(0).await;
        }
    }
}

#[tokio::test]
async fn states_are_followed_from_the_present_one_until_the_connection_is_removed() {
    let upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    soon("connected", handle.settled()).await;
    let mut phases = handle.states().map(|state| state.phase);
    assert_eq!(soon("the present state", phases.next()).await, Some(Phase::Connected));
    manager.disconnect(&feed).await.expect("the endpoint is there");
    assert_eq!(soon("a change", phases.next()).await, Some(Phase::Off));
    manager.remove(&feed).await.expect("the endpoint is there");
    assert_eq!(soon("the end", phases.next()).await, None);
}
