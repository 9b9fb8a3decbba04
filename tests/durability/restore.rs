//! A stop and a new start: what was wanted is wanted again, and nothing that happened is forgotten.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;
use wsmon_model::{ConnectionOptions, Event, EventKind, Header, Phase, Secret};
use wsmon_store::Store;

use crate::{
    common::{name, soon},
    program::{Admin, Program},
    upstream::{DEAF, Heard, Upstream},
};

/// Waits for that many upgrades; what each endpoint's request carried as key and as token.
async fn upgrades(upstream: &mut Upstream, count: usize) -> BTreeMap<String, [Option<String>; 2]> {
    let mut upgrades = BTreeMap::new();
    while upgrades.len() < count {
        match upstream.hear().await {
            Heard::Upgrade(endpoint, headers) => {
                let text = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
                upgrades.insert(endpoint, [text("x-key"), text("authorization")]);
            }
            // Those of a connection that is opened anew or turned off.
            Heard::Close(Some(1000)) => {}
            other => panic!("{other:?}"),
        }
    }
    upgrades
}

async fn events(data_dir: &Path, endpoint: &str) -> Vec<Event> {
    let store = Store::open(data_dir).await.expect("opens");
    let events = store.events_of(&name(endpoint), 100).await.expect("events");
    store.close().await;
    events
}

#[tokio::test]
async fn a_new_start_restores_what_was_wanted() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let mut upstream = Upstream::start().await;
    let program = Program::start(&upstream.base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    for (endpoint, auto_reconnect) in [("on", true), ("off", true), ("once", false), ("optioned", true)] {
        assert_eq!(admin.connect(&program, endpoint, auto_reconnect).await.phase, Phase::Connected);
    }
    admin.done(&program, "change_connection", json!({ "endpoint": "off", "kind": "Disconnect" })).await;
    let options = ConnectionOptions {
        headers: vec![Header { name: "X-Key".to_owned(), value: Secret::new("k3y") }],
        bearer_token: Some(Secret::new("t0ken")),
        query: Some(Secret::new("id=7")),
        ..ConnectionOptions::default()
    };
    admin.save_options(&program, "optioned", &json!(options)).await;
    upgrades(&mut upstream, 5).await;
    assert!(program.terminate().await.success());
    for _ in 0..3 {
        let heard = upstream.hear().await;
        assert!(matches!(heard, Heard::Close(Some(1001))), "going away, not {heard:?}");
    }

    let program = Program::start(&upstream.base_url, data_dir.path());
    let key_and_token = [Some("k3y".to_owned()), Some("Bearer t0ken".to_owned())];
    let expected = [("on", [None, None]), ("once", [None, None]), ("optioned?id=7", key_and_token)];
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(endpoint, sent)| (endpoint.to_owned(), sent)).collect();
    assert_eq!(upgrades(&mut upstream, 3).await, expected);
    let list = admin.list(&program).await;
    let rows: Vec<_> = list.rows.iter().map(|row| (row.endpoint.name.as_str(), row.auto_reconnect)).collect();
    assert_eq!(rows, [("off", true), ("on", true), ("once", false), ("optioned", true)]);
    assert_eq!(list.rows[0].phase, Phase::Off);
    assert!(program.terminate().await.success());
}

#[tokio::test]
async fn an_end_waits_neither_for_a_deaf_peer_nor_for_more_events() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let program = Program::start(&upstream.base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    // Its last event is still on its way to the store when the signal comes.
    assert_eq!(admin.connect(&program, DEAF, true).await.phase, Phase::Connected);
    assert!(program.terminate().await.success());
    let kinds: Vec<_> = events(data_dir.path(), DEAF).await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Connected, EventKind::AskedToConnect]);

    drop(upstream);
    // A port at which nobody answers any more: an attempt in vain is remembered as well.
    let program = Program::start("ws://127.0.0.1:9/", data_dir.path());
    soon("the attempt", async {
        while admin.list(&program).await.rows[0].cause.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(program.terminate().await.success());
    let last = events(data_dir.path(), DEAF).await.remove(0);
    assert_eq!(last.kind, EventKind::AttemptFailed);
}
