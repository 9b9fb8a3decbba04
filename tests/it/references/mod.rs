//! Which files, variables and places an administrator can have the monitor read or reach: the secrets directory, variables
//! with the prefix, and the services that the operator configured. Hundreds of tries at anything else, of which none succeeds:
//! at a program that has what nobody may read in files and variables, beside a listener that nobody may reach.

mod scene;

use serde_json::{Value, json};

use self::scene::Scene;

const FEED: &str = "feed";

/// What stands in each field that can name a secret when it names this one.
fn naming(text: &str) -> [(&'static str, Value); 10] {
    let secret = format!("${{secret:{text}}}");
    let heartbeat = |said: String| json!({ "heartbeat": said, "heartbeat_every_ms": 60_000 });
    [
        ("bearer_token", json!({ "bearer_token": text })),
        ("basic_auth", json!({ "basic_auth": text })),
        ("headers", json!({ "headers": [{ "name": "X-Key", "value": text }] })),
        ("query", json!({ "query": text })),
        ("opening", json!({ "opening": format!("> {secret}\n< ok") })),
        ("opening", json!({ "opening": format!(">mqtt connect user=ann password={secret}\n< .") })),
        ("opening", json!({ "profile": "mqtt", "opening": format!(">mqtt subscribe {secret}\n< .") })),
        ("heartbeat", heartbeat(format!("ping {secret}"))),
        ("heartbeat", heartbeat(format!(">mqtt connect client={secret}"))),
        ("text_pong", json!({ "profile": "nats", "text_ping": { "ping": "PING", "pong": secret } })),
    ]
}

/// Where templates stand.
fn templates(text: &str) -> [(&'static str, Value); 4] {
    [
        ("opening", json!({ "opening": format!("> {text}\n< ok") })),
        ("opening", json!({ "opening": format!(">mqtt connect client={text}") })),
        ("heartbeat", json!({ "heartbeat": text, "heartbeat_every_ms": 60_000 })),
        ("text_pong", json!({ "text_ping": { "ping": "ask", "pong": text } })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reference_leads_out_of_the_secrets() {
    let mut scene = Scene::start().await;
    for name in scene.names() {
        for (field, options) in naming(&name) {
            scene.refused(field, &options).await;
        }
    }
    let decoy = scene.decoy();
    let files = [
        "../outside",
        "link",
        "up/outside",
        "environ",
        "pipe",
        "sub",
        ".",
        "gone",
        "large",
        "no.pem",
        "inside",
        "/etc/passwd",
    ];
    let others = [
        format!("http://{decoy}/ca.pem"),
        "file:no.pem".to_owned(),
        "env:OTHER".to_owned(),
        "${secret:file:link}".to_owned(),
    ];
    for path in files.map(str::to_owned).iter().chain(&others) {
        scene.refused("ca_file", &json!({ "ca_file": path })).await;
    }
    let url = format!("http://{decoy}/");
    for variable in [
        "env:OTHER",
        "OTHER",
        "file:../outside",
        "secret:OTHER",
        "secret:",
        "secret:vault:x",
        &url,
        &format!("secret:{url}"),
    ] {
        for (field, options) in templates(&format!("${{{variable}}}")) {
            scene.refused(field, &options).await;
        }
    }
    for (field, options) in naming("file:inside")
        .into_iter()
        .chain(naming("env:WSMON_SECRET_X"))
        .filter(|(field, _)| *field != "basic_auth")
    {
        let saved = scene.monitor.save(FEED, &options, &[]).await;
        assert_eq!(saved.status, 303, "{field}: {}", saved.page);
    }
    scene.end(500).await;
}

/// Options that services have and connections have not, as fields of the form and as arguments of functions.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_the_operators_can_be_given() {
    let mut scene = Scene::start().await;
    let (decoy, outside) =
        (format!("http://{}/", scene.decoy()), scene.outer.path().join("outside").display().to_string());
    let keys = [
        "proxy",
        "http_proxy",
        "base_url",
        "base-url",
        "url",
        "host",
        "token_url",
        "token-url",
        "oauth2.token-url",
        "client_cert",
        "client-cert",
        "client_key",
        "client-key",
        "secrets_dir",
        "secrets-dir",
        "tls.ca_file",
        "service",
    ];
    for key in keys {
        for value in [decoy.as_str(), outside.as_str()] {
            scene.harmless(&json!({}), &[(key, value)]).await;
            scene.tries += 1;
            let body = json!({ "endpoint": FEED, "kind": { "Connect": false }, key: value, "options": { key: value } });
            let answer =
                scene.monitor.send("change_connection", "application/json", body.to_string().into_bytes()).await;
            assert!(!answer.status().is_success(), "{key}");
        }
    }
    scene.end(60).await;
}

/// Names that would change the host, in every place that takes one; and what is sent in the request.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_to_another_host() {
    let mut scene = Scene::start().await;
    let decoy = scene.decoy();
    let names = [
        "http://{}/",
        "ws://{}/x",
        "//{}/x",
        "@{}",
        "x@{}",
        "{}",
        ":{}",
        "http:x",
        "\\\\{}\\x",
        "..//{}",
        "feed?//{}",
        "feed#@{}",
        "unknown:feed",
        "feed\r\nHost: {}",
    ];
    for name in names.map(|name| name.replace("{}", &decoy)) {
        scene.tries += 3;
        let outcome = scene.monitor.connect(&name).await;
        assert!(!outcome.contains("\"phase\""), "{name}: {outcome}");
        for (path, besides) in [("/admin/websocket-monitor", ("add", "")), ("/admin/test", ("service", "default"))] {
            let (status, _) = scene.monitor.post(path, &[("endpoint", &name), ("service", "default"), besides]).await;
            assert_eq!(status, 303, "{path} {name}");
        }
    }
    let summary = scene.monitor.call("load_summary", json!({})).await;
    assert!(summary.contains("\"total\":1"), "{summary}");
    for name in ["Host", "host", "Connection", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Key"] {
        scene.refused("headers", &json!({ "headers": [{ "name": name, "value": decoy }] })).await;
    }
    for (field, options) in [
        ("headers", json!({ "headers": [{ "name": "X", "value": format!("a\rHost: {decoy}") }] })),
        ("bearer_token", json!({ "bearer_token": format!("a\r\nHost: {decoy}") })),
        ("subprotocols", json!({ "subprotocols": [format!("a/{decoy}")] })),
    ] {
        scene.refused(field, &options).await;
    }
    let captured = "> $${secret:file:link}\n< (?<all>you said .*)\n> ${all}\n> $${secret:env:OTHER}";
    for options in [
        json!({ "query": format!("@{decoy}/") }),
        json!({ "query": format!("x#@{decoy}/") }),
        json!({ "query": format!("x HTTP/1.1\r\nHost: {decoy}\r\n\r\n") }),
        json!({ "query": "${secret:file:inside}" }),
        json!({ "bearer_token": "${secret:file:link}" }),
        json!({ "headers": [{ "name": "X-Forwarded-Host", "value": decoy }] }),
        json!({ "headers": [{ "name": "Location", "value": format!("http://{decoy}/") }] }),
        json!({ "opening": captured }),
    ] {
        scene.harmless(&options, &[]).await;
    }
    scene.end(50).await;
}
