//! What a hostile page, client or network gets: nothing.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    pages::calls,
    support::{
        monitor::{Monitor, PASSWORD, Visitor, cookie},
        name, soon,
        upstream::{Manner, Upstream, base_at, vacant},
    },
};

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("text")
}

/// The nonce of a policy that is all we say it is.
fn nonce(headers: &HeaderMap) -> String {
    let policy = header(headers, "content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").expect("a nonce");
    let nonce = rest.split('\'').next().expect("its end").to_owned();
    let expected = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    assert_eq!(policy, expected);
    assert!(nonce.len() >= 22, "128 bits: {nonce}");
    nonce
}

fn assert_secured(response: &Response) -> String {
    let headers = response.headers();
    assert_eq!(header(headers, "x-content-type-options"), "nosniff", "{}", response.url());
    assert_eq!(header(headers, "referrer-policy"), "no-referrer");
    assert_eq!(header(headers, "cross-origin-opener-policy"), "same-origin");
    assert_eq!(header(headers, "cross-origin-resource-policy"), "same-origin");
    assert_eq!(header(headers, "cache-control"), "no-store");
    nonce(headers)
}

#[tokio::test]
async fn every_response_carries_the_headers_and_a_nonce_of_its_own() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let url = |path: &str| format!("{}{path}", monitor.url);
    let signed_in = |path: &str| client().get(url(path)).header("cookie", &admin);
    let form = [("username", "admin"), ("password", "wrong")];
    let mut cases: Vec<(u16, RequestBuilder)> = vec![
        (303, client().get(url("/"))),
        (200, client().get(url("/login"))),
        (303, client().get(url("/admin"))),
        (200, signed_in("/admin")),
        (200, signed_in("/admin/websocket-monitor")),
        (200, signed_in("/admin/audit")),
        (200, signed_in("/admin/account")),
        (303, client().post(url("/logout"))),
        (404, client().get(url("/no/such/page"))),
        (404, client().get(url("/pkg/no-such-file.js"))),
        (405, client().request(Method::DELETE, url("/login"))),
        (401, client().post(url("/login")).form(&form)),
        (403, client().post(url("/login")).header("sec-fetch-site", "cross-site").form(&form)),
        (413, client().post(url("/login")).body("x".repeat(100_000))),
        (421, client().get(url("/login")).header("host", "evil.example")),
    ];
    cases
        .extend(calls().into_iter().map(|(name, body)| (401, client().post(url(&format!("/api/{name}"))).json(&body))));
    let mut nonces = Vec::new();
    for (status, request) in cases {
        let response = send(request).await;
        assert_eq!(response.status(), status, "{}", response.url());
        nonces.push(assert_secured(&response));
        let html = response.text().await.expect("text");
        let nonce = nonces.last().expect("one");
        for script in html.split("<script").skip(1) {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script}");
        }
        assert!(!html.contains(" style=") && !html.contains("<style"), "no inline style");
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "a nonce came twice");
}

#[tokio::test]
async fn a_fault_of_our_own_carries_the_headers_and_tells_nothing() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let path = monitor.data_dir.path().join("monitor.sqlite");
    let mut store = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("opens");
    sqlx::query("ALTER TABLE session RENAME TO lost").execute(&mut store).await.expect("broken");
    let response = Visitor::get_with_cookie(&monitor, "/admin", &admin).await;
    assert_eq!(response.status(), 500);
    assert_secured(&response);
    assert!(!response.text().await.expect("text").contains("session"), "what failed is for the log");
    let call = client().post(format!("{}/api/load_summary", monitor.url)).header("cookie", &admin).json(&json!({}));
    assert_eq!(send(call).await.status(), 500, "nobody is signed out by our fault");
}

#[tokio::test]
async fn https_is_made_to_stay() {
    let change = |config: &mut websocket_monitor::server::config::Config| {
        config.settings.public_url = "https://monitor.example/".parse().ok();
    };
    let monitor = Monitor::start_with(base_at(vacant().await), change).await;
    let response = send(client().get(format!("{}/login", monitor.url)).header("host", "monitor.example")).await;
    assert_eq!(header(response.headers(), "strict-transport-security"), "max-age=31536000");
    assert_secured(&response);
}

#[tokio::test]
async fn plain_http_from_another_machine_can_still_sign_in() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let response = send(client().get(format!("{}/login", monitor.url)).header("host", "192.0.2.7:3000")).await;
    assert_eq!(header(response.headers(), "referrer-policy"), "same-origin");
}

#[tokio::test]
async fn no_other_site_gets_a_server_function_to_do_anything() {
    let mut upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let manager = &monitor.state.manager;
    let feed = name("data-feed");
    soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    upstream.wait_live(1).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let before = manager.get(&feed);

    let sites: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:9")],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:9")],
    ];
    let types = [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json",
        "application/cbor",
        "application/x-postcard",
    ];
    let forms = [("login", json!({})), ("logout", json!({}))].map(|(path, body)| (format!("/{path}"), body));
    let functions = calls().into_iter().map(|(function, body)| (format!("/api/{function}"), body));
    for (path, body) in functions.chain(forms) {
        for content_type in types {
            for site in sites {
                let mut request = client().post(format!("{}{path}", monitor.url)).header("cookie", &admin);
                request =
                    request.header("content-type", content_type).header("accept", "text/html").body(body.to_string());
                for (name, value) in site {
                    request = request.header(*name, *value);
                }
                let response = send(request).await;
                assert_eq!(response.status(), 403, "{path} {content_type} {site:?}");
            }
        }
    }
    assert_eq!(manager.get(&feed), before);
    assert_eq!((manager.summary().total, upstream.accepted()), (1, 1));
    let page = Visitor::get_with_cookie(&monitor, "/admin", &admin).await;
    assert_eq!(page.status(), 200, "still signed in");
}

#[tokio::test]
async fn no_get_reaches_a_server_function() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    for (function, _) in calls() {
        let path = format!("/api/{function}?endpoint=intruder&auto_reconnect=true&enabled=true");
        let response = Visitor::get_with_cookie(&monitor, &path, &admin).await;
        assert!(matches!(response.status().as_u16(), 404 | 405), "{function}: {}", response.status());
    }
    assert_eq!(monitor.state.manager.summary().total, 0);
}

#[tokio::test]
async fn a_name_that_is_not_ours_reaches_nothing() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let admin = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let request = client().post(format!("{}/api/change_connection", monitor.url)).header("cookie", &admin);
    let rebound = request.header("host", "evil.example:3000").header("origin", "http://evil.example:3000");
    let rebound = rebound.header("sec-fetch-site", "same-origin");
    let response = send(rebound.json(&json!({ "endpoint": "intruder", "kind": { "Connect": true } }))).await;
    assert_eq!(response.status(), 421);
    assert_eq!(monitor.state.manager.summary().total, 0);
}

/// Sends the beginning of a request and waits to be let go.
async fn let_go_after(monitor: &Monitor, beginning: &str) -> Duration {
    let address = monitor.url.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(beginning.as_bytes()).await.expect("sent");
    let began = Instant::now();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = soon("to be let go", stream.read_to_end(&mut answer)).await;
    assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 2"));
    began.elapsed()
}

#[tokio::test]
async fn a_half_sent_request_is_let_go() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    let head = "GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let body = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 50\r\nConnection: close\r\n\r\nusername=admin";
    let (head, body) = tokio::join!(let_go_after(&monitor, head), let_go_after(&monitor, body));
    for took in [head, body] {
        assert!((9.0..11.0).contains(&took.as_secs_f64()), "{took:?}");
    }
}

#[tokio::test]
async fn no_page_or_answer_shows_the_base_urls_query() {
    let base = format!("ws://{}/ws/?token=c4n4ry", vacant().await).parse().expect("a base URL");
    let monitor = Monitor::start(base).await;
    let admin = Visitor::admin(&monitor).await;
    let arguments = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    let connected: Value = admin.call("change_connection", arguments).await.json().await.expect("JSON");
    assert!(connected["cause_text"].as_str().expect("a cause").contains("refused"));
    let page = admin.get("/admin/websocket-monitor").await.text().await.expect("a page");
    assert!(page.contains("data-feed?…"), "the page shows that there is one");
    assert!(!page.contains("c4n4ry") && !connected.to_string().contains("c4n4ry"));
}
