//! A connection's page says why: by what it did before, also before a restart, and by what others do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};

use wsmon_model::EventKind;

use crate::support::{
    monitor::{Monitor, Visitor},
    soon,
    upstream::base_at,
};

/// A service that knows `data-feed`, until it wants another token, and `short`, which it ends at once.
async fn serve(listener: TcpListener, wants_another_token: Arc<AtomicBool>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let wants_another_token = Arc::clone(&wants_another_token);
        clients.spawn(async move {
            let mut is_short = false;
            #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
            let answer = |request: &Request, response: Response| {
                is_short = request.uri().path() == "/ws/short";
                let refusal = match request.uri().path() {
                    "/ws/data-feed" if wants_another_token.load(Relaxed) => StatusCode::UNAUTHORIZED,
                    "/ws/data-feed" | "/ws/short" => return Ok(response),
                    _ => StatusCode::NOT_FOUND,
                };
                let mut refused = ErrorResponse::new(None);
                *refused.status_mut() = refusal;
                Err(refused)
            };
            if let Ok(_socket) = accept_hdr_async(stream, answer).await
                && !is_short
            {
                std::future::pending::<()>().await;
            }
        });
    }
}

async fn connect(admin: &Visitor, endpoint: &str) {
    admin.call("change_connection", json!({ "endpoint": endpoint, "kind": { "Connect": true } })).await;
}

/// Waits until an endpoint is explained with a section of the guide, as events are kept a moment after they happen; the page's details of it.
async fn explained(admin: &Visitor, endpoint: &str, section: &str) -> Value {
    let until = async {
        loop {
            let details = admin.call("load_endpoint", json!({ "endpoint": endpoint })).await;
            let details: Value = details.json().await.expect("JSON");
            if details["advice"]["guide"] == section {
                return details;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    soon(section, until).await
}

#[tokio::test]
async fn wrong_names_old_names_and_short_sessions_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = base_at(listener.local_addr().expect("an address"));
    let wants_another_token = Arc::new(AtomicBool::new(false));
    let mut upstream = JoinSet::new();
    upstream.spawn(serve(listener, Arc::clone(&wants_another_token)));
    let monitor = Monitor::start(base.clone()).await;
    let admin = Visitor::admin(&monitor).await;

    connect(&admin, "data-feed").await;
    connect(&admin, "datafeed").await;
    let meant = explained(&admin, "datafeed", "a-name-that-is-not-known").await;
    let sentence = meant["connection"]["cause_text"].as_str().expect("a sentence");
    assert!(sentence.starts_with("The server answered HTTP 404 Not Found"), "{sentence}");
    let page = admin.get("/admin/websocket-monitor/datafeed").await.text().await.expect("a page");
    for part in ["did you mean that one?", "#a-name-that-is-not-known", "likely"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    connect(&admin, "other").await;
    let page = admin.get("/admin/websocket-monitor/other").await.text().await.expect("a page");
    assert!(
        !page.contains("did you mean") && page.contains("Check the endpoint's name and the base URL's path."),
        "{page}"
    );

    let mut events = monitor.state.manager.events();
    for _ in 0..3 {
        connect(&admin, "short").await;
        while soon("its end", events.recv()).await.expect("events").kind != EventKind::Disconnected {}
    }
    let short = explained(&admin, "short", "lost-as-soon-as-it-is-open").await;
    assert_eq!(short["advice"]["certainty"], "likely");

    // What was known before the restart is known after it.
    wants_another_token.store(true, Relaxed);
    let monitor = monitor.restart(|config| config.services = base.into()).await;
    let admin = Visitor::admin(&monitor).await;
    let worked = explained(&admin, "data-feed", "refused-after-it-worked").await;
    let sentence = worked["connection"]["cause_text"].as_str().expect("a sentence");
    assert!(sentence.contains("It asks for credentials. It was last connected on "), "{sentence}");
}
