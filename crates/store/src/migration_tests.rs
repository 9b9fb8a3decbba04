//! A store of an earlier version is brought up to date with everything in it.

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use wsmon_manager::Keeper;
use wsmon_model::{AuditQuery, Cause, EndpointId, EventKind, Secret};

use super::{Store, audit_tests::pending, file, record_in};

/// The last migration of the version whose connections had no service.
const WITHOUT_SERVICES: i64 = 4;

/// Makes a store as that version left it: two connections, with events, a session and an audit entry.
async fn old_store(directory: &std::path::Path) {
    let options = SqliteConnectOptions::new().filename(file::path(directory)).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a new file");
    file::run_migrations_up_to(&mut connection, WITHOUT_SERVICES).await.expect("the old schema");
    for statement in [
        "INSERT INTO administrator VALUES ('admin', 'hash', 1)",
        "INSERT INTO session VALUES (x'07', 'admin', 1, 2, '192.0.2.1', 'a browser')",
        "INSERT INTO audit (at_ms, who, address, action, object, outcome, detail) \
         VALUES (3, 'admin', '192.0.2.1', 'connect', 'data-feed', 'done', '')",
        "INSERT INTO connection VALUES ('data-feed', 1, 0, '{\"bearer_token\":\"t0ken\"}'), ('market/eu', 0, 1, '{}')",
        "INSERT INTO event (endpoint, at_ms, kind, cause, close_code, attempt, text) VALUES \
         ('data-feed', 4, 'connected', NULL, NULL, 0, ''), \
         ('market/eu', 5, 'asked_to_connect', NULL, NULL, 0, ''), \
         ('data-feed', 6, 'disconnected', 'closed_by_peer', 4001, 1, 'The server closed the connection: 4001.')",
    ] {
        sqlx::query(statement).execute(&mut connection).await.expect(statement);
    }
    connection.close().await.expect("closed");
}

#[tokio::test]
async fn a_store_without_services_keeps_everything() {
    let directory = tempfile::tempdir().expect("a directory");
    old_store(directory.path()).await;
    let store = Store::open(directory.path()).await.expect("opens");
    let wanted = store.load().await.expect("loaded");
    let wanted: Vec<_> = wanted.iter().map(|each| (each.endpoint.to_string(), each.on, each.auto_reconnect)).collect();
    assert_eq!(wanted, [("data-feed".to_owned(), true, false), ("market/eu".to_owned(), false, true)]);
    let options = store.load().await.expect("loaded").remove(0).options;
    assert_eq!(options.given().bearer_token.as_ref().map(Secret::expose), Some("t0ken"));

    let feed: EndpointId = "data-feed".parse().expect("an id");
    let events = store.events_of(&feed, 10).await.expect("events");
    let kinds: Vec<_> = events.iter().map(|event| (event.at_ms, event.kind, event.cause, event.close_code)).collect();
    let lost = (6, EventKind::Disconnected, Some(Cause::ClosedByPeer), Some(4001));
    assert_eq!(kinds, [lost, (4, EventKind::Connected, None, None)]);
    assert_eq!(events[0].text, "The server closed the connection: 4001.");
    let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&store.0).await.expect("a number");
    assert_eq!(sessions, 1);
    assert_eq!(store.audit(&AuditQuery::default()).await.expect("a page").rows[0].object.as_str(), "data-feed");

    store.forget(&feed, None).await.expect("forgotten");
    assert_eq!(store.events_of(&feed, 10).await.expect("events"), []);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(&store.0).await.expect("a number");
    assert_eq!(left, 1, "events go with their connection, and only those");
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&store.0).await.expect("checked");
    assert!(broken.is_empty());
    store.close().await;
}

/// A new version backs up the store of the one that it is about to replace.
#[tokio::test]
async fn an_entry_can_be_added_without_bringing_the_store_up_to_date() {
    let directory = tempfile::tempdir().expect("a directory");
    old_store(directory.path()).await;
    record_in(directory.path(), &pending(1).entry).await.expect("recorded");
    let mut store = file::connect_to_read(&file::path(directory.path())).await.expect("opens");
    let objects: Vec<String> =
        sqlx::query_scalar("SELECT object FROM audit ORDER BY id").fetch_all(&mut store).await.expect("rows");
    assert_eq!(objects, ["data-feed", "feed"]);
    let latest: i64 =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut store).await.expect("a number");
    assert_eq!(latest, WITHOUT_SERVICES);
    store.close().await.expect("closes");
}
