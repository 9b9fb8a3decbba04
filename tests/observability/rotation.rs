//! A connection whose session makes way for a new one is never shown as down.

use serde_json::json;

use crate::{
    eventually,
    exposition::Samples,
    monitor::{Admin, Monitor},
    upstream::Upstream,
};

#[tokio::test]
async fn no_scrape_sees_a_rotation_but_as_a_success() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let monitor = Monitor::start(&upstream.base_url(), directory.path());
    let admin = Admin::sign_in(&monitor).await;
    admin.connect("turning").await;
    let of_it = [("endpoint", "turning")];
    let is_open = [("state", "connected")];
    let connected = async || match monitor.samples().await {
        samples if samples.sum("wsmon_connections", &is_open) == 1.0 => Ok(samples),
        samples => Err(format!("{:?}", samples.0)),
    };
    eventually("a connection", connected).await;
    admin.save_options("turning", &json!({ "rotate_after_ms": 1_000 })).await;
    let first = eventually("the connection with its options", connected).await;
    let since = |samples: &Samples| samples.sum("wsmon_connected_since_timestamp_seconds", &of_it);
    let attempts =
        |samples: &Samples, result| samples.sum("wsmon_connect_attempts_total", &[of_it[0], ("result", result)]);
    let ends = first.sum("wsmon_disconnects_total", &of_it);
    let mut scrapes = 0;
    loop {
        let samples = monitor.samples().await;
        scrapes += 1;
        let open = samples.sum("wsmon_connections", &is_open);
        let of_endpoint = samples.sum("wsmon_endpoint_state", &[of_it[0], is_open[0]]);
        assert_eq!((open, of_endpoint), (1.0, 1.0), "{:?}", samples.0);
        assert_eq!(samples.sum("wsmon_disconnects_total", &of_it), ends, "nothing has ended");
        assert_eq!(attempts(&samples, "failure"), 0.0);
        if attempts(&samples, "success") >= attempts(&first, "success") + 3.0 {
            assert!(since(&samples) > since(&first), "the session is a new one");
            break;
        }
    }
    assert!(scrapes > 10, "{scrapes}");
}
