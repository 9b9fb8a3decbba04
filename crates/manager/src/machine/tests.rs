//! Any order of what can happen to a connection.

mod world;

use std::{sync::Arc, time::Duration};

use proptest::{prelude::*, sample::select};
use wsmon_model::{ConnectionOptions, HttpAnswer, PeerText, Phase};

use self::world::World;
use crate::{command::Change, failure::Failure, options::CheckedOptions};

/// What happens.
#[derive(Clone, Debug)]
enum Happening {
    Connect(Change),
    Change(Change),
    Disconnect,
    Pause,
    Resume,
    Send,
    /// What is under way ends: well, or with this failure, while the host fails or not.
    Ends(Option<(Failure, bool)>),
    /// What is under way beside a session ends: well, or with this failure.
    BesideEnds(Option<Failure>),
    Panics,
    /// Something that was given up has ended all the same.
    Late,
    Passes(Duration),
}

fn options() -> impl Strategy<Value = Arc<CheckedOptions>> {
    let differing = |never_retry: &[u16], stay_closed, rotate_after_ms| {
        let never_retry = never_retry.to_vec();
        let given = ConnectionOptions { never_retry, stay_closed, rotate_after_ms, ..ConnectionOptions::default() };
        Arc::new(CheckedOptions::new(given).expect("valid"))
    };
    let plain = [differing(&[], false, None), differing(&[], true, None), differing(&[1001, 503], false, None)];
    let rotating = [differing(&[], false, Some(60_000)), differing(&[], true, Some(1_000))];
    select(plain.into_iter().chain(rotating).collect::<Vec<_>>())
}

fn change() -> impl Strategy<Value = Change> {
    let options = prop::option::of(options());
    (any::<Option<bool>>(), options).prop_map(|(auto_reconnect, options)| Change { auto_reconnect, options })
}

/// Failures of every verdict.
fn failure() -> impl Strategy<Value = Failure> {
    let detail = || PeerText::new("expired");
    let closed = |code| Failure::Closed { code: Some(code), reason: PeerText::default() };
    let http = |status, wait| {
        Failure::Http(Box::new(HttpAnswer { status, retry_after_s: Some(wait), ..HttpAnswer::default() }))
    };
    let mut failures: Vec<_> = [1000, 1001, 1012, 1013, 4500].into_iter().map(closed).collect();
    failures.extend([http(401, 0), http(503, 7), http(503, 1_000_000)]);
    failures.push(Failure::Http(Box::new(HttpAnswer { status: 409, ..HttpAnswer::default() })));
    let tls = Failure::Tls { fault: Box::default(), detail: detail() };
    failures.extend([Failure::Lost { errno: None }, tls, Failure::Options { detail: detail() }]);
    select(failures)
}

fn happening() -> impl Strategy<Value = Happening> {
    let ms = prop_oneof![0_u64..5_000, 0_u64..60_000];
    prop_oneof![
        3 => change().prop_map(Happening::Connect),
        3 => change().prop_map(Happening::Change),
        4 => select(vec![Happening::Disconnect, Happening::Pause, Happening::Resume, Happening::Send]),
        8 => Just(Happening::Ends(None)),
        6 => (failure(), any::<bool>()).prop_map(|why| Happening::Ends(Some(why))),
        6 => Just(Happening::BesideEnds(None)),
        3 => failure().prop_map(|why| Happening::BesideEnds(Some(why))),
        1 => Just(Happening::Panics),
        1 => Just(Happening::Late),
        2 => ms.prop_map(|ms| Happening::Passes(Duration::from_millis(ms))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happens: one thing is under way, which is what the state says; a command is acknowledged, once it is
    /// done; nothing is counted twice or not at all. Of sessions there are never more than two, and two only while one
    /// takes the other's place. In the end a connection that is wanted comes up as soon as all goes well, with one
    /// session, and one that is stopped does nothing more.
    #[test]
    fn no_order_of_inputs_leaves_it_stuck_doubled_or_unacknowledged(
        first in select(vec![Phase::Connecting, Phase::Waiting, Phase::Off]),
        auto_reconnect in any::<bool>(),
        options in options(),
        seed in any::<u64>(),
        happenings in prop::collection::vec(happening(), 0..80),
        recovers in any::<bool>(),
    ) {
        let mut world = World::new(first, auto_reconnect, options, seed);
        for happening in happenings {
            world.happen(happening);
        }
        if recovers {
            world.recover();
        }
        world.stop();
    }
}
