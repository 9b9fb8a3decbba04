//! Events, which are kept as what was seen and told in the words of today.

use wsmon_manager::{CheckedOptions, EventRecord, Happened, Keeper, Wanted};
use wsmon_model::{
    Attempt, Cause, CloseFrame, EndpointId, Event, EventKind, Evidence, HttpAnswer, Layer, PeerText, Stage,
};

use super::Store;

fn feed() -> EndpointId {
    "data-feed".parse().expect("an id")
}

/// A store with a connection.
async fn store(directory: &std::path::Path) -> Store {
    let store = Store::open(directory).await.expect("opens");
    let wanted = Wanted { endpoint: feed(), on: true, auto_reconnect: true, options: CheckedOptions::default() };
    store.save(&wanted, &EventRecord::new(feed(), 1, EventKind::AskedToConnect), None).await.expect("saved");
    store
}

/// Reads an event that was kept like this.
async fn read(cause: Option<&str>, text: &str, evidence: Option<&str>) -> Event {
    let directory = tempfile::tempdir().expect("a directory");
    let store = store(directory.path()).await;
    let query = sqlx::query(
        "INSERT INTO event (service, endpoint, at_ms, kind, cause, attempt, text, evidence) \
         VALUES ('default', 'data-feed', 2, 'attempt_failed', ?, 1, ?, ?)",
    );
    query.bind(cause).bind(text).bind(evidence).execute(&store.0).await.expect("kept");
    let event = store.events_of(&feed(), 1).await.expect("events").remove(0);
    store.close().await;
    event
}

#[tokio::test]
async fn what_was_seen_is_kept_and_told_in_sentences() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = store(directory.path()).await;
    let seen = Evidence {
        layer: Some(Layer::Websocket),
        cause: Some(Cause::ClosedByPeer),
        attempt: Some(Attempt { address: Some(([192, 0, 2, 1], 80).into()), ..Attempt::at(Stage::Open) }),
        close: Some(CloseFrame { code: Some(4001), reason: PeerText::new("bye") }),
        ..Evidence::default()
    };
    let record = EventRecord {
        attempt: 1,
        evidence: Some(Box::new(seen.clone())),
        ..EventRecord::new(feed(), 2, EventKind::Disconnected)
    };
    store.append(&Happened { events: vec![record], ..Happened::default() }).await.expect("kept");
    let expected = Event {
        endpoint: feed(),
        at_ms: 2,
        kind: EventKind::Disconnected,
        layer: Some(Layer::Websocket),
        cause: Some(Cause::ClosedByPeer),
        close_code: Some(4001),
        attempt: 1,
        text: "The server closed the connection: 4001, “bye”.".to_owned(),
    };
    let events = store.events_of(&feed(), 10).await.expect("events");
    assert_eq!(events[0], expected);
    assert_eq!((events[1].kind, events[1].text.as_str()), (EventKind::AskedToConnect, ""));

    let query = sqlx::query_as("SELECT text, evidence FROM event ORDER BY id DESC LIMIT 1");
    let (text, evidence): (String, String) = query.fetch_one(&store.0).await.expect("a row");
    assert_eq!(text, "");
    assert_eq!(serde_json::from_str::<Evidence>(&evidence).expect("evidence"), seen);
}

#[tokio::test]
async fn evidence_of_this_version_is_told_in_the_words_of_today() {
    let json = r#"{"v":1,"layer":"http","cause":"http_status","attempt":{"stage":"upgrade"},
        "http":{"status":429,"retry_after":"7","retry_after_s":7}}"#;
    let answer =
        HttpAnswer { status: 429, retry_after: PeerText::new("7"), retry_after_s: Some(7), ..HttpAnswer::default() };
    let today = wsmon_manager::describe(&Evidence {
        cause: Some(Cause::HttpStatus),
        http: Some(answer),
        ..Evidence::default()
    });
    let event = read(Some("http_status"), "", Some(json)).await;
    assert_eq!((event.layer, event.cause, event.text), (Some(Layer::Http), Some(Cause::HttpStatus), today));
}

#[tokio::test]
async fn an_event_of_before_is_told_as_it_was_kept() {
    let text = "The server closed the connection: 4001.";
    let event = read(Some("closed_by_peer"), text, None).await;
    assert_eq!((event.layer, event.cause, event.text.as_str()), (None, Some(Cause::ClosedByPeer), text));
}

#[tokio::test]
async fn evidence_that_is_not_understood_fails_nothing() {
    let newer =
        r#"{"v":2,"layer":"quic","cause":"connection_refused","attempt":{"stage":"tcp","address":"[::1]:80"},"x":{}}"#;
    let event = read(Some("connection_refused"), "", Some(newer)).await;
    assert_eq!(
        (event.layer, event.text.as_str()),
        (None, "[::1]:80 refused the connection: nothing is listening there.")
    );

    // Of a cause that this version does not know.
    let event = read(Some("quota_used_up"), "", Some(r#"{"v":2,"layer":"http","cause":"quota_used_up"}"#)).await;
    let unknown = "The connection failed in a way that this version of the monitor does not know.";
    assert_eq!((event.layer, event.cause, event.text.as_str()), (Some(Layer::Http), None, unknown));

    for no_evidence in ["", "{", "[]", "null", r#"{"v":"two"}"#] {
        let event = read(Some("pong_timeout"), "", Some(no_evidence)).await;
        let told = "The server did not answer a ping in time, although the connection looked open.";
        assert_eq!((event.cause, event.text.as_str()), (Some(Cause::PongTimeout), told), "{no_evidence}");
    }
}
