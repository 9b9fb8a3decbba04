//! Counters never fall, and go with their endpoint.

use std::cell::RefCell;

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, prop_assert, prop_oneof},
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use strum::VariantArray;
use tokio::runtime::Runtime;
use wsmon_model::Cause;

use crate::{
    exposition::Samples,
    monitor::{Admin, Monitor},
    upstream::{Manner, Upstream},
};

/// Something that happens to an endpoint.
#[derive(Clone, Copy, Debug)]
enum Step {
    Connect,
    Disconnect,
    Pause,
    Resume,
    /// The service treats it otherwise from now on.
    Treat(Manner),
}

/// What happens first, so that every kind of counter rises.
const FIRST: [Step; 8] = [
    Step::Connect,
    Step::Disconnect,
    Step::Treat(Manner::Close(4321, "")),
    Step::Connect,
    Step::Treat(Manner::Refuse(403)),
    Step::Connect,
    Step::Treat(Manner::Talk),
    Step::Connect,
];

fn step() -> impl Strategy<Value = Step> {
    let manner = prop_oneof![
        Just(Manner::Talk),
        Just(Manner::Quiet),
        Just(Manner::Drop),
        Just(Manner::Close(1001, "")),
        Just(Manner::Close(4321, "")),
        Just(Manner::Refuse(403)),
        Just(Manner::Refuse(503)),
    ];
    prop_oneof![
        3 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        1 => Just(Step::Pause),
        1 => Just(Step::Resume),
        3 => manner.prop_map(Step::Treat),
    ]
}

async fn take(step: Step, admin: &Admin, upstream: &Upstream) {
    let kind = match step {
        Step::Connect => return admin.connect("feed").await,
        Step::Treat(manner) => return upstream.treat("feed", manner),
        Step::Disconnect => "Disconnect",
        Step::Pause => "Pause",
        Step::Resume => "Resume",
    };
    admin.done("change_connection", json!({ "endpoint": "feed", "kind": kind })).await;
}

/// What has fallen or gone that must not.
fn fallen(before: &Samples, after: &Samples) -> Vec<String> {
    let counters = before.0.iter().filter(|(series, _)| series.is_counter());
    let fallen = counters.filter_map(|(series, value)| match after.0.get(series) {
        Some(now) if now >= value => None,
        now => Some(format!("{series:?}: {value}, then {now:?}")),
    });
    fallen.collect()
}

#[test]
fn counters_never_fall_whatever_happens_to_an_endpoint() {
    let runtime = Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = runtime.block_on(Upstream::start());
    let monitor = Monitor::start(&upstream.base_url(), directory.path());
    let admin = runtime.block_on(Admin::sign_in(&monitor));
    runtime.block_on(admin.connect("feed"));

    // The endpoint goes on from one case to the next: nothing may fall there either.
    let last = RefCell::new(runtime.block_on(monitor.samples()));
    let walk = |steps: &[Step]| {
        for &step in steps {
            runtime.block_on(take(step, &admin, &upstream));
            let samples = runtime.block_on(monitor.samples());
            let fallen = fallen(&last.replace(samples), &last.borrow());
            prop_assert!(fallen.is_empty(), "{fallen:?}");
        }
        Ok(())
    };
    walk(&FIRST).expect("nothing falls");
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner.run(&vec(step(), 1..12), |steps| walk(&steps)).expect("nothing falls");
    let last = last.into_inner();
    for (name, label) in [
        ("wsmon_connect_attempts_total", ("result", "success")),
        ("wsmon_connect_attempts_total", ("result", "failure")),
        ("wsmon_disconnects_total", ("cause", "requested")),
        ("wsmon_disconnects_total", ("cause", "closed_by_peer")),
        ("wsmon_messages_total", ("direction", "received")),
    ] {
        assert!(last.sum(name, &[label]) > 0.0, "{name} {label:?} never rose");
    }
}

#[tokio::test]
async fn an_endpoint_begins_at_zero_and_takes_its_series_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let monitor = Monitor::start(&upstream.base_url(), directory.path());
    let admin = Admin::sign_in(&monitor).await;
    upstream.treat("gone", Manner::Quiet);
    admin.connect("gone").await;
    admin.connect("gone-not").await;
    let there = monitor.samples().await;
    let ends = there
        .0
        .iter()
        .filter(|(series, _)| series.name == "wsmon_disconnects_total" && series.label("endpoint") == Some("gone"));
    let ends: Vec<f64> = ends.map(|(_, value)| *value).collect();
    // One for each cause, and one for ends that an administrator asked for.
    assert_eq!(ends, [0.0; Cause::VARIANTS.len() + 1], "every cause is known before it happens");

    admin.done("change_connection", json!({ "endpoint": "gone", "kind": "Remove" })).await;
    let left = monitor.samples().await;
    assert_eq!(left.of_endpoint("gone"), 0);
    // It has brought a message, and so has a time of the last.
    assert!(left.of_endpoint("gone-not") > there.of_endpoint("gone"));
}
