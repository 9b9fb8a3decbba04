//! What is made for each request is sent compressed.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use wsmon_model::{ConnectionList, ListAnswer, PER_PAGE};

use crate::support::{
    monitor::{Monitor, Visitor},
    name,
    upstream::{Manner, Upstream},
};

fn query() -> Value {
    json!({ "query": { "search": "", "status": null, "sort": { "key": "endpoint", "reversed": false }, "page": 0 } })
}

fn gunzipped(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).expect("gzip");
    plain
}

#[tokio::test]
async fn a_poll_of_a_full_page_is_less_than_3_kb_as_sent() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    for number in 0..PER_PAGE {
        let mut handle =
            monitor.state.manager.connect(&name(&format!("market/eu/feed-{number:03}")), None).await.expect("connects");
        handle.settled().await;
    }
    let admin = Visitor::admin(&monitor).await;
    let plain = admin.call_accepting("list_connections", &query(), "identity").await;
    assert_eq!(plain.headers().get("content-encoding"), None, "nobody asked for it");
    let plain = plain.bytes().await.expect("a body");

    for (encoding, most) in [("br", 3_000), ("gzip", 3_000)] {
        let answer = admin.call_accepting("list_connections", &query(), encoding).await;
        assert_eq!(answer.headers()["content-encoding"], encoding);
        assert!(answer.headers()["vary"].to_str().is_ok_and(|vary| vary.contains("accept-encoding")));
        let body = answer.bytes().await.expect("a body");
        println!("{encoding}: {} bytes of {}", body.len(), plain.len());
        assert!(body.len() < most, "{encoding}: {} of {}", body.len(), plain.len());
        if encoding == "gzip" {
            let answer: ListAnswer = postcard::from_bytes(&gunzipped(&body)).expect("an answer");
            assert_eq!(answer.over(ConnectionList::default()).rows.len(), PER_PAGE as usize);
        }
    }

    let page = admin.get_accepting("/admin/websocket-monitor", "gzip").await;
    assert_eq!(page.headers()["content-encoding"], "gzip");
    let sent = page.bytes().await.expect("a body");
    let page = String::from_utf8(gunzipped(&sent)).expect("text");
    assert!(page.contains("Connection Summary") && sent.len() * 5 < page.len(), "{} of {}", sent.len(), page.len());
}
