//! Options over HTTP: secrets that stay, and two administrators who save at once.

use serde_json::{Value, json};

use crate::support::{
    monitor::{Monitor, Visitor},
    name,
    upstream::{Manner, Upstream},
};

const MASK: &str = "••••••";

async fn with_feed() -> (Upstream, Monitor, Visitor) {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let added = admin.call("connect_endpoint", json!({ "endpoint": "feed", "auto_reconnect": true })).await;
    assert_eq!(added.status(), 200);
    (upstream, monitor, admin)
}

/// Sets options; the status, and what is answered.
async fn set(admin: &Visitor, options: Value, version: Option<&Value>) -> (u16, Value) {
    let mut arguments = json!({ "endpoint": "feed", "options": options });
    if let Some(version) = version {
        arguments["version"] = version.clone();
    }
    let response = admin.call("set_options", arguments).await;
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn details(admin: &Visitor) -> Value {
    admin.call("load_endpoint", json!({ "endpoint": "feed" })).await.json().await.expect("JSON")
}

fn headers(lines: &[(&str, &str)]) -> Value {
    let header = |(name, value): &(&str, &str)| json!({ "name": name, "value": value });
    json!({ "headers": lines.iter().map(header).collect::<Vec<_>>() })
}

/// The headers that the connection really has.
fn kept(monitor: &Monitor) -> Vec<(String, String)> {
    let options = monitor.state.manager.options(&name("feed")).expect("it is there");
    let headers = options.given().headers.iter();
    headers.map(|header| (header.name.clone(), header.value.expose().to_owned())).collect()
}

fn pairs(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn each_masked_header_keeps_its_own_secret() {
    let (_upstream, monitor, admin) = with_feed().await;
    let two = [("X-Key", "first"), ("X-Key", "second"), ("Other", "o")];
    assert_eq!(set(&admin, headers(&two), None).await.0, 200);
    let shown = details(&admin).await;
    assert!(!shown.to_string().contains("first") && !shown.to_string().contains("second"));
    assert_eq!(set(&admin, shown["options"].clone(), None).await.0, 200, "saved as it was shown");
    assert_eq!(kept(&monitor), pairs(&two));

    for lines in [&[("Renamed", MASK)], &[("X-Key", MASK)]] {
        let (status, answer) = set(&admin, headers(lines), None).await;
        assert_eq!((status, &answer["invalid_field"]["field"]), (400, &json!("headers")), "{answer}");
        assert!(answer["invalid_field"]["text"].as_str().expect("a sentence").ends_with('.'));
    }
    let (status, answer) = set(&admin, json!({ "bearer_token": MASK }), None).await;
    assert_eq!((status, &answer["invalid_field"]["field"]), (400, &json!("bearer_token")));
    assert_eq!(kept(&monitor), pairs(&two), "what is refused changes nothing");
}

#[tokio::test]
async fn the_second_of_two_who_save_is_told() {
    let (_upstream, monitor, first) = with_feed().await;
    let second = Visitor::admin(&monitor).await;
    let shown = details(&first).await["options_version"].clone();
    assert_eq!(details(&second).await["options_version"], shown);

    let (status, saved) = set(&first, headers(&[("X-Key", "mine")]), Some(&shown)).await;
    assert_eq!(status, 200);
    let (status, answer) = set(&second, headers(&[("X-Key", "theirs")]), Some(&shown)).await;
    assert_eq!((status, answer), (409, json!("conflict")));
    assert_eq!(kept(&monitor), pairs(&[("X-Key", "mine")]));

    assert_eq!(details(&second).await["options_version"], saved, "the answer tells the new version");
    assert_eq!(
        set(&first, headers(&[("X-Key", "again")]), Some(&saved)).await.0,
        200,
        "one saves twice without asking"
    );
    let latest = details(&second).await["options_version"].clone();
    assert_eq!(set(&second, headers(&[("X-Key", "theirs")]), Some(&latest)).await.0, 200);
}

#[tokio::test]
async fn of_many_who_save_at_the_same_moment_one_does() {
    let (_upstream, _monitor, admin) = with_feed().await;
    let shown = details(&admin).await["options_version"].clone();
    let values = ["a", "b", "c", "d"].map(|value| headers(&[("X-Key", value)]));
    let outcomes = futures_util::future::join_all(values.map(|options| set(&admin, options, Some(&shown)))).await;
    let mut statuses: Vec<u16> = outcomes.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[tokio::test]
async fn a_version_outlives_a_restart_and_tells_nothing() {
    let (_upstream, monitor, admin) = with_feed().await;
    set(&admin, headers(&[("X-Key", "s3cret")]), None).await;
    let shown = details(&admin).await["options_version"].clone();
    let monitor = monitor.restart(|_| {}).await;
    let admin = Visitor::admin(&monitor).await;
    assert_eq!(details(&admin).await["options_version"], shown);
    let (_other_upstream, _other, other_admin) = with_feed().await;
    set(&other_admin, headers(&[("X-Key", "s3cret")]), None).await;
    assert_ne!(details(&other_admin).await["options_version"], shown, "nobody can guess secrets by it");
}

#[tokio::test]
async fn a_profile_shows_what_it_fills_in_and_can_be_written_over() {
    let (_upstream, monitor, admin) = with_feed().await;
    let own = json!({ "profile": "stomp", "heartbeat_every_ms": 5000 });
    assert_eq!(set(&admin, own, None).await.0, 200, "the heartbeat's text is the profile's");
    let page = admin.get("/admin/websocket-monitor/feed").await.text().await.expect("a page");
    let chosen = page.split("<option ").find(|option| option.starts_with(r#"value="stomp""#)).expect("an option");
    assert!(chosen.contains("selected"), "{chosen}");
    for filled in ["that of stomp", "v12.stomp, v11.stomp", "&lt; ^CONNECTED"] {
        assert!(page.contains(filled), "{filled}");
    }
    let given = monitor.state.manager.options(&name("feed")).expect("it is there").given().clone();
    assert_eq!((given.heartbeat, given.heartbeat_every_ms), (None, Some(5_000)), "it is not copied");

    let (status, answer) = set(&admin, json!({ "heartbeat_every_ms": 5000 }), None).await;
    assert_eq!((status, &answer["invalid_field"]["field"]), (400, &json!("heartbeat")), "{answer}");
}
