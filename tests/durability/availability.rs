//! A monitor that is killed: the time until it runs again is no data, and no outage.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use wsmon_model::{AvailabilityReport, EndpointDetails, EventKind, Phase};

use crate::{
    common::soon,
    program::{Admin, Program},
    upstream::Upstream,
};

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("small")
}

/// Waits until so many successes are kept; their times, oldest first.
async fn kept_successes(admin: &Admin, program: &Program, count: usize) -> Vec<i64> {
    let kept = async {
        loop {
            let answer = admin.done(program, "load_endpoint", json!({ "endpoint": "feed" })).await;
            let details: EndpointDetails = answer.json().await.expect("details");
            let successes = details.events.iter().rev().filter(|event| event.kind == EventKind::Connected);
            let times: Vec<_> = successes.map(|event| event.at_ms).collect();
            if times.len() == count {
                return times;
            }
        }
    };
    soon("successes that are kept", kept).await
}

#[tokio::test]
async fn the_time_after_a_kill_is_no_data() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let program = Program::start(&upstream.base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    assert_eq!(admin.connect(&program, "feed", true).await.phase, Phase::Connected);
    kept_successes(&admin, &program, 1).await;
    drop(program);
    let killed_ms = now_ms();

    let program = Program::start(&upstream.base_url, data_dir.path());
    let opened = kept_successes(&admin, &program, 2).await;
    let answer = admin.done(&program, "load_availability", json!({ "endpoint": "feed" })).await;
    let report: AvailabilityReport = answer.json().await.expect("a report");
    let ends: Vec<_> = report.gaps.iter().rev().map(|gap| (gap.to_ms, gap.why)).collect();
    assert_eq!(ends, [(Some(opened[0]), None), (Some(opened[1]), None)], "before the first successes, and no other");
    let restarted_ms = report.gaps[0].from_ms;
    assert!(killed_ms <= restarted_ms, "{killed_ms} {restarted_ms}");

    let sums = report.windows[0].sums;
    assert_eq!(sums.down_ms, report.gaps.iter().map(|gap| gap.length_ms).sum::<i64>());
    // Up until it was last known that it was, at some time before the kill, and again from the second success on.
    let up_ms = report.now_ms - opened[1];
    assert!((up_ms..=up_ms + killed_ms - opened[0]).contains(&sums.up_ms), "{sums:?} {opened:?} {killed_ms}");
    assert_eq!(sums.off_ms, 0);
}
