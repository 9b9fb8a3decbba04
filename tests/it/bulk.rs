//! One action on many connections.

mod steps;

use std::{collections::BTreeMap, slice};

use serde_json::json;
use wsmon_manager::{CheckedOptions, ConnectRequest};
use wsmon_model::{
    AuditPage, BulkAction, BulkId, BulkResult, BulkStep, ConnectionOptions, LeftAlone, ListQuery, PeerText, Phase,
    Secret, Selection,
};

use self::steps::*;
use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor},
    name, soon,
    upstream::{Manner, Upstream},
};

#[tokio::test]
async fn five_hundred_are_disconnected_and_only_those_come_back() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let feeds: Vec<_> = (0..500).map(|number| name(&format!("feed-{number:03}"))).collect();
    connected(manager, &feeds).await;
    let off = ["off-1", "off-2"].map(name);
    connected(manager, &off).await;
    for feed in &off {
        manager.disconnect(feed).await.expect("it is there");
    }
    upstream.wait_live(500).await;

    let admin = Visitor::admin(&monitor).await;
    let what = preview(&admin, &all(), BulkAction::Disconnect).await;
    assert_eq!((what.total, what.changes, what.left.as_slice()), (502, 500, &[(LeftAlone::IsOff, 2)][..]));
    assert_eq!(manager.summary().connected, 500, "nothing has been done");
    assert!(!start(&admin, what.id).await.ended);
    let (progress, outcomes) = ended(&admin, what.id).await;
    assert_eq!((progress.done, progress.failed, progress.left, progress.undoable), (500, 0, 0, 500));
    assert!(outcomes.keys().eq(&feeds) && outcomes.values().all(|result| *result == BulkResult::Done));
    upstream.wait_live(0).await;

    let query = json!({ "query": { "action": "disconnect", "search": format!("Bulk {}", what.id), "page": 9 } });
    let log: AuditPage = called(&admin, "list_audit", query).await;
    assert_eq!((log.matching, log.rows.len(), log.rows[0].detail.as_str()), (500, 50, &*format!("Bulk {}.", what.id)));
    assert!(log.rows.iter().all(|entry| entry.outcome.as_str() == "done" && entry.who.as_str() == "admin"));

    let back = undo(&admin, what.id).await;
    assert_eq!((back.action, back.total), (BulkAction::Connect, 500));
    let (progress, outcomes) = ended(&admin, back.id).await;
    assert_eq!((progress.done, outcomes.keys().eq(&feeds)), (500, true), "{progress:?}");
    upstream.wait_live(500).await;
    let phases = phases(manager);
    assert!(
        off.iter().all(|feed| phases[feed] == Phase::Off) && feeds.iter().all(|feed| phases[feed] == Phase::Connected)
    );
    assert_eq!(undo(&admin, what.id).await.total, 0, "that has been undone");
}

#[tokio::test]
async fn one_that_fails_tells_why_while_the_others_go_on() {
    let (upstream, refusing) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Refuse(403)).await);
    let monitor = with_refusing_service(&upstream, &refusing).await;
    let manager = &monitor.state.manager;
    let feeds = ["a", "b", "down:c", "d"].map(name);
    for feed in &feeds {
        soon("an outcome", manager.connect(feed, None).await.expect("it begins").settled()).await;
    }
    for feed in &feeds[..3] {
        manager.disconnect(feed).await.expect("it is there");
    }
    let admin = Visitor::admin(&monitor).await;
    let what = preview(&admin, &all(), BulkAction::Connect).await;
    assert_eq!((what.changes, what.left.as_slice()), (3, &[(LeftAlone::IsConnected, 1)][..]));
    start(&admin, what.id).await;
    let (progress, outcomes) = ended(&admin, what.id).await;
    assert_eq!((progress.done, progress.failed, progress.undoable), (2, 1, 3), "it is on now, and failed");
    let BulkResult::Failed(why) = &outcomes[&feeds[2]] else { panic!("{outcomes:?}") };
    assert!(why.contains("HTTP 403") && why.ends_with('.'), "{why}");
    let query = json!({ "query": { "action": "connect", "search": "down:c", "page": 0 } });
    let log: AuditPage = called(&admin, "list_audit", query).await;
    assert_eq!(log.rows[0].detail, PeerText::new(&format!("Bulk {}. {why}", what.id)));

    let back = undo(&admin, what.id).await;
    ended(&admin, back.id).await;
    let off = phases(manager).into_iter().filter(|(_, phase)| *phase == Phase::Off).map(|(feed, _)| feed);
    assert!(off.eq(feeds[..3].iter().cloned()), "{:?}", phases(manager));

    // To try again what is on already is nothing that could be undone.
    connected(manager, &feeds[..1]).await;
    soon("an outcome", manager.connect(&feeds[2], None).await.expect("it begins").settled()).await;
    let (progress, _) = run(&admin, &ids(&["down:c"]), BulkAction::Connect).await;
    assert_eq!((progress.failed, progress.undoable), (1, 0));
}

#[tokio::test]
async fn what_was_previewed_is_done_and_nothing_else() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let [a, b, c, new] = ["a", "b", "c", "new"].map(name);
    connected(manager, &[a.clone(), b.clone(), c.clone()]).await;
    let admin = Visitor::admin(&monitor).await;
    let outdated = preview(&admin, &all(), BulkAction::Disconnect).await;
    assert_eq!(outdated.changes, 3);

    manager.remove(&a).await.expect("it is there");
    manager.disconnect(&b).await.expect("it is there");
    connected(manager, slice::from_ref(&new)).await;
    assert_eq!(refused(&admin, BulkStep::Undo, outdated.id).await, 400, "it has not been done");
    start(&admin, outdated.id).await;
    let (progress, outcomes) = ended(&admin, outdated.id).await;
    let left = |why| BulkResult::Left(why);
    let expected = [(a, left(LeftAlone::IsGone)), (b, left(LeftAlone::IsOff)), (c, BulkResult::Done)];
    assert_eq!(outcomes, BTreeMap::from(expected));
    assert_eq!((progress.left, phases(manager)[&new]), (2, Phase::Connected), "it came later");
    assert_eq!(start(&admin, outdated.id).await, progress_from_start(&admin, outdated.id).await, "once is enough");
    let unknown = BulkId::new(u64::MAX);
    for step in [BulkStep::Start, BulkStep::Progress(0), BulkStep::Undo] {
        assert_eq!(refused(&admin, step, unknown).await, 410);
    }
}

#[tokio::test]
async fn each_action_changes_what_it_should_and_has_its_way_back() {
    let (upstream, refusing) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Refuse(403)).await);
    let monitor = with_refusing_service(&upstream, &refusing).await;
    let manager = &monitor.state.manager;
    let [up, off, blocked, plain] = ["up", "off", "down:blocked", "plain"].map(name);
    for feed in [&up, &off, &blocked, &plain] {
        soon("an outcome", manager.connect(feed, None).await.expect("it begins").settled()).await;
    }
    manager.disconnect(&off).await.expect("it is there");
    manager.set_auto_reconnect(&plain, false).await.expect("it is there");
    let admin = Visitor::admin(&monitor).await;
    let state = || {
        manager.select(&ListQuery::default()).into_iter().map(|row| (row.phase, row.auto_reconnect)).collect::<Vec<_>>()
    };
    let before = state();
    for (action, changed) in [
        (BulkAction::Disconnect, vec![&plain, &up, &blocked]),
        (BulkAction::Pause, vec![&blocked]),
        (BulkAction::AutoReconnectOn, vec![&plain]),
        (BulkAction::AutoReconnectOff, vec![&off, &up, &blocked]),
        (BulkAction::Connect, vec![&off, &blocked]),
        (BulkAction::Resume, vec![&off]),
    ] {
        let (progress, outcomes) = run(&admin, &all(), action).await;
        let mut changed: Vec<_> = changed.into_iter().cloned().collect();
        changed.sort();
        assert!(outcomes.keys().eq(&changed), "{action:?}: {outcomes:?}");
        if action == BulkAction::Resume {
            until("its turn", || phases(manager)[&off] == Phase::Connected).await;
        }
        let back = undo(&admin, progress.id).await;
        ended(&admin, back.id).await;
        // What has been let go on is tried when its turn comes.
        until(&format!("the state before {action:?}"), || state() == before).await;
    }
}

#[tokio::test]
async fn what_was_removed_comes_back_as_it_was_wanted() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let [on, off] = ["on", "off"].map(name);
    let token = Some(Secret::new("secret".to_owned()));
    let options =
        CheckedOptions::new(ConnectionOptions { bearer_token: token, ..ConnectionOptions::default() }).expect("valid");
    let request = ConnectRequest { auto_reconnect: Some(false), options: Some(options.clone()) };
    soon("an outcome", manager.connect(&on, request).await.expect("it begins").settled()).await;
    connected(manager, slice::from_ref(&off)).await;
    manager.disconnect(&off).await.expect("it is there");
    let before = [manager.wanted(&on), manager.wanted(&off)];

    let admin = Visitor::admin(&monitor).await;
    let what = preview(&admin, &ids(&["on", "off", "on", "absent"]), BulkAction::Remove).await;
    assert_eq!(
        (what.total, what.changes, what.left.as_slice(), what.loses_events),
        (3, 2, &[(LeftAlone::IsGone, 1)][..], true)
    );
    start(&admin, what.id).await;
    let (progress, _) = ended(&admin, what.id).await;
    assert_eq!((progress.done, manager.summary().total), (2, 0));
    let back = undo(&admin, what.id).await;
    assert_eq!(back.action, BulkAction::AddBack);
    assert_eq!(ended(&admin, back.id).await.0.done, 2);
    assert_eq!([manager.wanted(&on), manager.wanted(&off)], before);
    until("its turn", || phases(manager)[&on] == Phase::Connected).await;
    assert_eq!(phases(manager)[&off], Phase::Off);

    let monitor = monitor.restart(|config| config.services = upstream.base().into()).await;
    let manager = &monitor.state.manager;
    assert_eq!([manager.wanted(&on), manager.wanted(&off)], before, "it is kept");
}

#[tokio::test]
async fn two_administrators_at_once() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let feeds: Vec<_> = (0..60).map(|number| name(&format!("feed-{number:02}"))).collect();
    connected(manager, &feeds).await;
    let password = PASSWORD.into();
    websocket_monitor::auth::add_administrator(&monitor.state.store, "second", password, None).await.expect("added");
    let (first, second) = (Visitor::admin(&monitor).await, Visitor::new(&monitor));
    second.log_in("second", PASSWORD, "").await;

    let [early, late] = [&feeds[..40], &feeds[20..]].map(|feeds| Selection::Ids(feeds.to_vec()));
    let (off, removal) =
        tokio::join!(preview(&first, &early, BulkAction::Disconnect), preview(&second, &late, BulkAction::Remove));
    assert_eq!((off.changes, removal.changes), (40, 40));
    assert_eq!(refused(&second, BulkStep::Start, off.id).await, 410, "it is the other's");
    assert_eq!(refused(&first, BulkStep::Progress(0), removal.id).await, 410);
    tokio::join!(start(&first, off.id), start(&second, removal.id));
    let ((off, outcomes), (removal, _)) = tokio::join!(ended(&first, off.id), ended(&second, removal.id));
    assert_eq!((removal.done, off.done + off.left + off.failed), (40, 40));
    let gone = |result: &BulkResult| match result {
        BulkResult::Done | BulkResult::Left(LeftAlone::IsGone) => true,
        BulkResult::Failed(why) => why.starts_with("There is no connection named"),
        BulkResult::Left(_) => false,
    };
    assert!(outcomes.values().all(gone), "{outcomes:?}");
    assert!(feeds[..20].iter().all(|feed| outcomes[feed] == BulkResult::Done));
    assert!(phases(manager).keys().eq(&feeds[..20]) && phases(manager).values().all(|phase| *phase == Phase::Off));
    upstream.wait_live(0).await;
}

#[tokio::test]
async fn it_goes_on_without_its_browser_and_a_shutdown_ends_it() {
    let upstream = Upstream::start(Manner::Mute).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let feeds: Vec<_> = (0..50).map(|number| name(&format!("feed-{number:02}"))).collect();
    for feed in &feeds {
        manager.connect(feed, None).await.expect("it begins");
        manager.disconnect(feed).await.expect("it is there");
    }
    let admin = Visitor::admin(&monitor).await;
    let what = preview(&admin, &all(), BulkAction::Connect).await;
    assert_eq!(what.changes, 50);
    start(&admin, what.id).await;
    drop(admin);
    until("attempts", || manager.summary().connecting >= 10).await;
    let monitor = soon("the end", monitor.restart(|_| {})).await;
    let admin = Visitor::admin(&monitor).await;
    let query = json!({ "query": { "action": "connect", "search": format!("Bulk {}", what.id), "page": 0 } });
    let log: AuditPage = called(&admin, "list_audit", query).await;
    assert!((10..=50).contains(&log.matching), "{}", log.matching);
    assert!(log.rows.iter().all(|entry| entry.outcome.as_str() == "failed"), "{:?}", log.rows);
    assert_eq!(refused(&admin, BulkStep::Progress(0), what.id).await, 410, "it is not kept beyond a restart");
}
