//! Options over HTTP: secrets that stay, and two administrators who save at once.

use serde_json::{Value, json};

use crate::support::{
    monitor::{Monitor, Saved, Visitor, location},
    name,
    upstream::{Manner, Upstream},
};

const MASK: &str = "••••••";

async fn with_feed() -> (Upstream, Monitor, Visitor) {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let added = admin.call("change_connection", json!({ "endpoint": "feed", "kind": { "Connect": true } })).await;
    assert_eq!(added.status(), 200);
    (upstream, monitor, admin)
}

async fn set(admin: &Visitor, options: Value, version: Option<&str>) -> Saved {
    admin.save_options("feed", &options, version).await
}

async fn shown(admin: &Visitor) -> Value {
    admin.call("load_options", json!({ "endpoint": "feed" })).await.json().await.expect("JSON")
}

/// The version of the options that the page shows now.
async fn version(admin: &Visitor) -> String {
    shown(admin).await["version"].as_str().expect("text").to_owned()
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
    assert_eq!(set(&admin, headers(&two), None).await.status, 303);
    let shown = shown(&admin).await;
    assert!(!shown.to_string().contains("first") && !shown.to_string().contains("second"));
    assert_eq!(set(&admin, shown["given"].clone(), None).await.status, 303, "saved as it was shown");
    assert_eq!(kept(&monitor), pairs(&two));

    for (field, options) in [
        ("headers", headers(&[("Renamed", MASK)])),
        ("headers", headers(&[("X-Key", MASK)])),
        ("bearer_token", json!({ "bearer_token": MASK })),
    ] {
        let refused = set(&admin, options, None).await;
        let (told, sentence) = refused.problem().expect("a problem");
        assert_eq!((refused.status, told), (422, field));
        assert!(sentence.ends_with('.'), "{sentence}");
    }
    assert_eq!(kept(&monitor), pairs(&two), "what is refused changes nothing");
}

#[tokio::test]
async fn the_second_of_two_who_save_is_told() {
    let (_upstream, monitor, first) = with_feed().await;
    let second = Visitor::admin(&monitor).await;
    let before = version(&first).await;
    assert_eq!(version(&second).await, before);

    assert_eq!(set(&first, headers(&[("X-Key", "mine")]), Some(&before)).await.status, 303);
    for _ in 0..2 {
        let refused = set(&second, headers(&[("X-Key", "theirs")]), Some(&before)).await;
        assert_eq!(refused.status, 409);
        assert!(refused.page.contains("Somebody else has changed these options"), "{}", refused.page);
        assert!(refused.page.contains("X-Key: theirs"), "nothing typed is lost: {}", refused.page);
        assert!(refused.page.contains(&before), "it stays refused until they are loaded: {}", refused.page);
    }
    assert_eq!(kept(&monitor), pairs(&[("X-Key", "mine")]));
    let latest = version(&second).await;
    assert_eq!(set(&second, headers(&[("X-Key", "theirs")]), Some(&latest)).await.status, 303);
}

#[tokio::test]
async fn of_many_who_save_at_the_same_moment_one_does() {
    let (_upstream, _monitor, admin) = with_feed().await;
    let shown = version(&admin).await;
    let values = ["a", "b", "c", "d"].map(|value| headers(&[("X-Key", value)]));
    let outcomes = futures_util::future::join_all(values.map(|options| set(&admin, options, Some(&shown)))).await;
    let mut statuses: Vec<u16> = outcomes.iter().map(|saved| saved.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409, 409, 409]);
}

#[tokio::test]
async fn a_version_outlives_a_restart_and_tells_nothing() {
    let (_upstream, monitor, admin) = with_feed().await;
    set(&admin, headers(&[("X-Key", "s3cret")]), None).await;
    let shown = version(&admin).await;
    let monitor = monitor.restart(|_| {}).await;
    let admin = Visitor::admin(&monitor).await;
    assert_eq!(version(&admin).await, shown);
    let (_other_upstream, _other, other_admin) = with_feed().await;
    set(&other_admin, headers(&[("X-Key", "s3cret")]), None).await;
    assert_ne!(version(&other_admin).await, shown, "nobody can guess secrets by it");
}

#[tokio::test]
async fn saving_leads_back_to_the_form_and_what_is_refused_comes_back_as_it_was_typed() {
    let (_upstream, monitor, admin) = with_feed().await;
    let page = "/admin/websocket-monitor/feed";
    let typed = [("headers", "X-Key: k3y\r\nHost: <b>elsewhere"), ("bearer_token", "t0ken"), ("save-options", "")];
    let refused = admin.post_form(page, &typed).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["cache-control"]),
        (422, &"no-store".parse().expect("text"))
    );
    assert!(refused.headers().get("set-cookie").is_none(), "no secret goes into a cookie");
    let html = refused.text().await.expect("a page");
    for part in ["<details id=\"options\" open", "X-Key: k3y\r\nHost: &lt;b>elsewhere", "t0ken"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let given = html.split("data-value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the island's value");
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(given.contains(&hex("feed")) && !given.contains(&hex("t0ken")), "typed values stay in the form");
    for (field, text, problem) in [
        (
            "ping_interval_ms",
            "soon",
            Some(("ping_interval_ms", "“soon” is not a number that Ping every (ms) can have.")),
        ),
        // Of the whole, not of one field.
        ("ping_interval_ms", "1", None),
    ] {
        let answer = admin.post_form(page, &[(field, text), ("save-options", "")]).await;
        let refused = Saved { status: answer.status().as_u16(), page: answer.text().await.expect("a page") };
        assert_eq!((refused.status, refused.problem()), (422, problem), "{}", refused.page);
        assert!(refused.page.contains(&format!("value=\"{text}\"")) && refused.page.contains(" autofocus"));
    }
    assert_eq!(kept(&monitor), []);

    let saved = admin.post_form(page, &[("headers", "X-Key: k3y\r\nOther: o"), ("save-options", "")]).await;
    assert_eq!(location(&saved), "/admin/websocket-monitor/feed?show=options#options");
    assert_eq!(kept(&monitor), pairs(&[("X-Key", "k3y"), ("Other", "o")]));
    let html = admin.get("/admin/websocket-monitor/feed?show=options").await.text().await.expect("a page");
    assert!(html.contains("feed has new options") && html.contains("<details id=\"options\" open"), "{html}");

    let gone = admin.post_form("/admin/websocket-monitor/gone", &typed[1..]).await;
    assert_eq!(gone.status(), 404);
    let stranger = Visitor::new(&monitor).post_form(page, &[("stay_closed", "on"), ("save-options", "")]).await;
    assert_eq!(location(&stranger), "/login?next=%2Fadmin%2Fwebsocket-monitor%2Ffeed");
    assert_eq!(kept(&monitor), pairs(&[("X-Key", "k3y"), ("Other", "o")]));
}

#[tokio::test]
async fn a_profile_shows_what_it_fills_in_and_can_be_written_over() {
    let (_upstream, monitor, admin) = with_feed().await;
    let own = json!({ "profile": "stomp", "heartbeat_every_ms": 5000 });
    assert_eq!(set(&admin, own, None).await.status, 303, "the heartbeat's text is the profile's");
    let page = admin.get("/admin/websocket-monitor/feed").await.text().await.expect("a page");
    let chosen = page.split("<option ").find(|option| option.starts_with(r#"value="stomp""#)).expect("an option");
    assert!(chosen.contains("selected"), "{chosen}");
    for filled in ["that of stomp", "v12.stomp, v11.stomp", "&lt; ^CONNECTED"] {
        assert!(page.contains(filled), "{filled}");
    }
    let given = monitor.state.manager.options(&name("feed")).expect("it is there").given().clone();
    assert_eq!((given.heartbeat, given.heartbeat_every_ms), (None, Some(5_000)), "it is not copied");

    let refused = set(&admin, json!({ "heartbeat_every_ms": 5000 }), None).await;
    assert_eq!(
        (refused.status, refused.problem().map(|(field, _)| field)),
        (422, Some("heartbeat")),
        "{}",
        refused.page
    );
}
