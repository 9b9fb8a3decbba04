//! The life of a connection: connected, lost, back, disconnected, removed.

use std::{num::NonZeroU32, sync::Arc};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Semaphore;
use wsmon_manager::{
    ConnectionManager, EventRecord, GateConfig, Happened, KeepError, Keeper, ManagerConfig, ManagerError, Message,
    RecvError, SendError, Wanted,
};
use wsmon_model::{Cause, EndpointId, PendingAudit, Phase, Status};

use crate::support::{
    manager, name, soon,
    upstream::{Manner, Upstream, base_at, vacant},
};

#[tokio::test]
async fn messages_come_in_are_counted_and_go_out() {
    let upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("market/eu/quotes");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    assert!(handle.is_new());
    assert_eq!(soon("connected", handle.settled()).await.phase, Phase::Connected);

    let mut messages = manager.subscribe(&feed).expect("the endpoint is there");
    manager.send(&feed, Message::text("hello")).await.expect("sent");
    manager.send(&feed, Message::binary([1, 2, 3])).await.expect("sent");
    assert_eq!(soon("the echo", messages.recv()).await, Ok(Message::text("hello")));
    assert_eq!(soon("the echo", messages.recv()).await, Ok(Message::binary([1, 2, 3])));

    let connection = manager.get(&feed).expect("the endpoint is there");
    assert_eq!((connection.messages_received, connection.bytes_received), (2, 8));
    assert_eq!((connection.status(), connection.attempt, connection.cause), (Status::Connected, 0, None));
    assert!(connection.last_message_ms >= Some(connection.since_ms));
}

#[tokio::test]
async fn a_lost_connection_comes_back_by_itself_and_keeps_its_counts() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    soon("connected", handle.settled()).await;
    upstream.wait_live(1).await;
    let mut messages = manager.subscribe(&feed).expect("the endpoint is there");
    manager.send(&feed, Message::text("before")).await.expect("sent");
    assert_eq!(soon("the echo", messages.recv()).await, Ok(Message::text("before")));

    let address = upstream.stop().await;
    let lost = soon("lost", handle.wait_for(|state| state.phase == Phase::Waiting)).await;
    assert_eq!(lost.failure.expect("a failure").cause(), Cause::ConnectionLost);
    assert!(lost.next_retry.is_some());
    let refused = |state: &wsmon_manager::ConnectionState| state.phase == Phase::Waiting && state.attempt == 2;
    let refused = soon("refused", handle.wait_for(refused)).await;
    assert_eq!(refused.failure.expect("a failure").cause(), Cause::ConnectionRefused);

    let _upstream = Upstream::start_at(address, Manner::Echo).await;
    let back = soon("back", handle.wait_for(|state| state.phase == Phase::Connected)).await;
    assert_eq!((back.failure, back.next_retry), (None, None));
    manager.send(&feed, Message::text("after")).await.expect("sent");
    assert_eq!(soon("the echo", messages.recv()).await, Ok(Message::text("after")), "the subscription survives");
    assert_eq!(manager.get(&feed).expect("the endpoint is there").messages_received, 2);
}

#[tokio::test]
async fn a_disconnected_connection_stays_so_until_it_is_connected_again() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    upstream.wait_live(1).await;

    soon("disconnected", manager.disconnect(&feed)).await.expect("the endpoint is there");
    assert_eq!(soon("a close frame", upstream.codes.recv()).await, Ok(Some(1000)));
    upstream.wait_live(0).await;
    let off = manager.get(&feed).expect("still listed");
    assert_eq!((off.phase, off.next_retry_ms, off.cause), (Phase::Off, None, None));
    assert_eq!(manager.send(&feed, Message::text("x")).await, Err(SendError::NotConnected));

    let mut handle = manager.connect(&feed, None).await.expect("connects");
    assert!(!handle.is_new());
    assert_eq!(soon("connected", handle.settled()).await.phase, Phase::Connected);
    assert_eq!((manager.summary().total, upstream.accepted()), (1, 2));
}

#[tokio::test]
async fn remove_leaves_no_task_and_no_socket() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let runtime = tokio::runtime::Handle::current();
    let manager = manager(upstream.base());
    let tasks = runtime.metrics().num_alive_tasks();
    let names: Vec<_> = (0..20).map(|n| name(&format!("feed-{n}"))).collect();
    for feed in &names {
        soon("connected", manager.connect(feed, None).await.expect("connects").settled()).await;
    }
    let mut messages = manager.subscribe(&names[0]).expect("the endpoint is there");
    upstream.wait_live(20).await;

    for feed in &names {
        soon("removed", manager.remove(feed)).await.expect("the endpoint is there");
        assert_eq!(manager.get(feed), None);
    }
    assert_eq!(manager.remove(&names[0]).await, Err(ManagerError::Unknown(names[0].clone())));
    assert_eq!(soon("the end", messages.recv()).await, Err(RecvError::Removed));
    upstream.wait_live(0).await;
    let left = async {
        while runtime.metrics().num_alive_tasks() > tasks {
            tokio::task::yield_now().await;
        }
    };
    soon("tasks to end", left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_connects_of_one_name_make_one_connection() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let connects = (0..100).map(|_| {
        let (manager, feed) = (manager.clone(), feed.clone());
        tokio::spawn(async move { manager.connect(&feed, None).await.expect("connects").is_new() })
    });
    let created = join_all(connects).await.into_iter().filter(|created| *created.as_ref().expect("no panic"));
    assert_eq!(created.count(), 1);
    upstream.wait_live(1).await;
    assert_eq!((manager.summary().total, upstream.accepted()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_during_remove_never_makes_a_second_socket() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    for round in 1..=20 {
        soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
        let remover = manager.clone();
        let removed = feed.clone();
        let removing = tokio::spawn(async move { remover.remove(&removed).await });
        let mut handle = soon("connected", manager.connect(&feed, None)).await.expect("connects");
        soon("settled", handle.settled()).await;
        // Whichever came first, no error: the connection was there to be removed.
        removing.await.expect("no panic").expect("removed");
        let left = usize::try_from(manager.summary().total).expect("small");
        upstream.wait_live(left).await;
        assert!(left <= 1, "round {round}: {left} connections");
    }
}

#[tokio::test]
async fn without_auto_reconnect_a_lost_connection_is_off_until_it_is_turned_on() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, Some(false)).await.expect("connects");
    soon("connected", handle.settled()).await;
    upstream.wait_live(1).await;

    upstream.close_all(1001, "restarting");
    let off = soon("off", handle.wait_for(|state| state.phase == Phase::Off)).await;
    assert_eq!(off.failure.expect("a failure").close_code(), Some(1001));
    assert_eq!(off.next_retry, None);

    soon("switched", manager.set_auto_reconnect(&feed, true)).await.expect("the endpoint is there");
    assert_eq!(soon("back", handle.settled()).await.phase, Phase::Connected);
}

#[tokio::test]
async fn turning_auto_reconnect_off_ends_the_wait() {
    let upstream = Upstream::start(Manner::Refuse(503)).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    assert_eq!(soon("refused", handle.settled()).await.phase, Phase::Waiting);
    soon("switched", manager.set_auto_reconnect(&feed, false)).await.expect("the endpoint is there");
    let off = soon("off", handle.wait_for(|state| state.phase == Phase::Off)).await;
    assert_eq!((off.next_retry, off.auto_reconnect), (None, false));
    assert_eq!(off.failure.expect("still told").cause(), Cause::HttpStatus);
}

#[tokio::test]
async fn a_slow_subscriber_loses_the_oldest_and_is_told_how_many() {
    let upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    let feed = name("data-feed");
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    let mut slow = manager.subscribe(&feed).expect("the endpoint is there");
    let mut quick = manager.subscribe(&feed).expect("the endpoint is there");
    for number in 0..100 {
        manager.send(&feed, Message::text(number.to_string())).await.expect("sent");
        assert_eq!(soon("the echo", quick.recv()).await, Ok(Message::text(number.to_string())));
    }
    assert_eq!(slow.recv().await, Err(RecvError::Lagged(36)));
    assert_eq!(slow.recv().await, Ok(Message::text("36")));
}

#[tokio::test]
async fn shutdown_says_going_away_and_ends_everything() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    for feed in ["a", "b", "c"] {
        soon("connected", manager.connect(&name(feed), None).await.expect("connects").settled()).await;
    }
    upstream.wait_live(3).await;
    soon("shut down", manager.shutdown()).await;
    for _ in 0..3 {
        assert_eq!(soon("a close frame", upstream.codes.recv()).await, Ok(Some(1001)));
    }
    upstream.wait_live(0).await;
    assert_eq!(manager.connect(&name("d"), None).await.map(|_| ()), Err(ManagerError::ShuttingDown));
}

/// Keeps nothing, but only when it is let: what comes to pass meanwhile is up to the test.
struct Slow(Semaphore);

impl Keeper for Slow {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save<'a>(
        &'a self,
        _: &'a Wanted,
        _: &'a EventRecord,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async {
            self.0.acquire().await.expect("never closed").forget();
            Ok(())
        })
    }

    fn forget<'a>(&'a self, _: &'a EndpointId, _: Option<&'a PendingAudit>) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }

    fn append<'a>(&'a self, _: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn what_was_kept_as_off_is_off_although_it_connected_meanwhile() {
    let port = vacant().await;
    let keeper = Arc::new(Slow(Semaphore::new(1)));
    let config = ManagerConfig { seed: 1, keeper: Arc::clone(&keeper) as _, ..ManagerConfig::default() };
    let manager = ConnectionManager::new(base_at(port), config);
    let feed = name("data-feed");
    let mut handle = manager.connect(&feed, None).await.expect("connects");
    assert_eq!(soon("refused", handle.settled()).await.phase, Phase::Waiting);

    let pausing = tokio::spawn({
        let (manager, feed) = (manager.clone(), feed.clone());
        async move { manager.pause(&feed).await }
    });
    let mut upstream = Upstream::start_at(port, Manner::Echo).await;
    soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
    keeper.0.add_permits(1);
    soon("paused", pausing).await.expect("no panic").expect("kept");
    let paused = handle.state();
    assert_eq!((paused.phase, paused.on), (Phase::Off, false));
    upstream.wait_live(0).await;
}

#[tokio::test]
async fn auto_reconnect_turned_off_and_on_again_brings_back_what_never_failed() {
    let upstream = Upstream::start(Manner::Mute).await;
    let gate = GateConfig { in_flight: NonZeroU32::MIN, ..GateConfig::default() };
    let manager = ConnectionManager::new(upstream.base(), ManagerConfig { seed: 1, gate, ..ManagerConfig::default() });
    let (first, feed) = (name("first"), name("data-feed"));
    manager.connect(&feed, None).await.expect("connects");
    soon("disconnected", manager.disconnect(&feed)).await.expect("the endpoint is there");
    manager.connect(&first, None).await.expect("connects");
    // Nobody else is let through the gate while the first one waits for an answer.
    soon("resumed", manager.resume(&feed)).await.expect("the endpoint is there");
    assert_eq!(manager.get(&feed).map(|feed| (feed.phase, feed.cause)), Some((Phase::Waiting, None)));
    for (enabled, phase) in [(false, Phase::Off), (true, Phase::Connecting)] {
        soon("switched", manager.set_auto_reconnect(&feed, enabled)).await.expect("the endpoint is there");
        assert_eq!(manager.get(&feed).map(|feed| feed.phase), Some(phase));
    }
}
