//! Several services: each with a host, a breaker and defaults of its own.

use std::{sync::Arc, time::Duration};

use wsmon_manager::{
    Backoff, Base, CheckedOptions, ConnectionManager, ConnectionState, ManagerConfig, NextRetry, Service, Services,
};
use wsmon_model::{Cause, ConnectionOptions, EndpointId, ListQuery, Phase};
use wsmon_store::Store;

use crate::support::{
    name, soon,
    upstream::{Manner, Upstream},
};

fn service(name: &str, base: Base, defaults: ConnectionOptions) -> Service {
    Service { defaults, ..Service::new(name.parse().expect("a service name"), base) }
}

fn plain(name: &str, base: Base) -> Service {
    service(name, base, ConnectionOptions::default())
}

fn manager(services: impl IntoIterator<Item = Service>, store: &Store) -> ConnectionManager {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(50)).expect("valid");
    let config = ManagerConfig { seed: 1, backoff, keeper: Arc::new(store.clone()), ..ManagerConfig::default() };
    ConnectionManager::new(Services::new(services).expect("valid services"), config)
}

#[tokio::test]
async fn one_services_host_is_gone_and_the_others_endpoints_are_untouched() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path()).await.expect("opens");
    let (gone, mut works) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Echo).await);
    let manager = manager([plain("default", gone.base()), plain("other", works.base())], &store);
    let ids = ["a", "b", "other:a", "other:b"].map(name);
    let mut handles = Vec::new();
    for id in &ids {
        let mut handle = manager.connect(id, None).await.expect("connects");
        assert_eq!(soon("settled", handle.settled()).await.phase, Phase::Connected);
        handles.push(handle);
    }
    assert_eq!(manager.summary().total, 4, "the same name in both services is two connections");

    let accepted = works.accepted();
    gone.stop().await;
    let [a, b, ..] = &mut handles[..] else { panic!("four handles") };
    let waits = |state: &ConnectionState| state.next_retry == Some(NextRetry::AtGate);
    soon("one that waits for a probe", async {
        tokio::select! { _ = a.wait_for(waits) => {}, _ = b.wait_for(waits) => {} }
    })
    .await;
    let failing = |name: &str| manager.services().find(|service| service.name.as_str() == name).expect("it is").failing;
    assert!(failing("default") && !failing("other"));
    let phase = |id: &EndpointId| manager.get(id).expect("it is listed").phase;
    assert!(ids[..2].iter().all(|id| phase(id) != Phase::Connected));
    assert!(ids[2..].iter().all(|id| phase(id) == Phase::Connected));
    assert_eq!(works.accepted(), accepted, "nobody connected anew");

    // One that the working service closes is back at once, and so is a new one.
    works.close_all(1001, "restart");
    works.wait_accepted(accepted + 2).await;
    works.wait_live(2).await;
    let query = ListQuery { service: Some("other".parse().expect("a name")), ..ListQuery::default() };
    let rows: Vec<_> = manager.list(&query).rows.iter().map(|row| row.endpoint.to_string()).collect();
    assert_eq!(rows, ["other:a", "other:b"]);
    manager.shutdown().await;
    store.close().await;
}

#[tokio::test]
async fn a_connection_whose_service_is_not_configured_is_shown_off_and_comes_back_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path()).await.expect("opens");
    let (main, mut other) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Echo).await);
    let bases = [main.base(), other.base()];
    let both = || [plain("default", bases[0].clone()), plain("other", bases[1].clone())];
    let feed = name("other:feed");
    let first = manager(both(), &store);
    let mut handle = first.connect(&feed, None).await.expect("connects");
    assert_eq!(soon("settled", handle.settled()).await.phase, Phase::Connected);
    first.shutdown().await;
    other.wait_live(0).await;

    let without = manager([plain("default", main.base())], &store);
    assert_eq!(without.restore().await, Ok(1));
    let row = without.get(&feed).expect("it is listed");
    assert_eq!((row.phase, row.cause, row.url.as_str()), (Phase::Off, Some(Cause::ServiceNotConfigured), ""));
    assert_eq!(
        row.cause_text.as_deref(),
        Some("The service “other” is not configured. Configure it again, or remove the connection.")
    );
    // A click changes nothing about that, and a new connection cannot be made.
    let mut handle = without.connect(&feed, None).await.expect("asked");
    assert_eq!(soon("settled", handle.settled()).await.phase, Phase::Off);
    let error = without.connect(&name("other:new"), None).await.expect_err("refused");
    assert_eq!(error.to_string(), "no service named other is configured");
    assert_eq!(without.summary().total, 1);
    without.shutdown().await;

    let again = manager(both(), &store);
    assert_eq!(again.restore().await, Ok(1));
    other.wait_live(1).await;
    again.shutdown().await;
    store.close().await;
}

#[tokio::test]
async fn a_services_defaults_hold_where_the_endpoints_own_options_say_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path()).await.expect("opens");
    let upstream = Upstream::start(Manner::Refuse(500)).await;
    let defaults = ConnectionOptions { never_retry: vec![500], ..ConnectionOptions::default() };
    let manager = manager([service("default", upstream.base(), defaults)], &store);
    let mut handle = manager.connect(&name("feed"), None).await.expect("connects");
    let blocked = |id: &EndpointId| manager.get(id).is_some_and(|row| row.phase == Phase::Blocked);
    soon("blocked", handle.wait_for(|state| state.phase == Phase::Blocked)).await;
    assert!(blocked(&name("feed")), "500 is retried unless the service says otherwise");

    let own = ConnectionOptions { never_retry: vec![501], ..ConnectionOptions::default() };
    let own = CheckedOptions::new(own).expect("valid");
    manager.set_options(&name("feed"), own.clone()).await.expect("set");
    soon("waiting", handle.wait_for(|state| state.phase == Phase::Waiting)).await;
    let kept = manager.options(&name("feed")).expect("it is there");
    assert_eq!(kept.given(), own.given(), "what is kept and shown is what was given");
    assert_eq!(manager.defaults(&"default".parse().expect("a name")).never_retry, [500]);
    manager.shutdown().await;
    store.close().await;
}
