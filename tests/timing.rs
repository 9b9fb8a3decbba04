//! How long things take. A program of its own, because cargo runs those one after the other: nothing
//! else of ours keeps the processor busy meanwhile.

use std::{path::Path, time::Instant};

use websocket_monitor::{
    model::PeerText,
    server::{
        auth::{self, Door, LoginError, Visitor as Caller},
        store::Store,
    },
};

const PASSWORD: &str = "correct horse battery staple";

/// Tries a wrong password, and tells how long that took.
async fn wrong_login_takes(door: &Door, name: &str, n: usize) -> f64 {
    let octets = u16::try_from(n).expect("small").to_be_bytes();
    let caller = Caller { address: [10, 0, octets[0], octets[1]].into(), agent: PeerText::default() };
    let began = Instant::now();
    let refused = door.log_in(name, "wrong".into(), &caller).await;
    assert!(matches!(refused, Err(LoginError::Credentials)));
    began.elapsed().as_secs_f64()
}

async fn door(directory: &Path) -> (Store, Door) {
    let store = Store::open(directory).await.expect("opens");
    let door = Door::new(store.clone(), Some(PASSWORD.into())).await.expect("a door");
    (store, door)
}

#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_known_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, door) = door(directory.path()).await;
    // Four tries each, because the fifth failure of an account would end them.
    for n in 0..150 {
        auth::add_administrator(&store, &format!("known-{n}"), PASSWORD.into()).await.expect("added");
    }
    // Something else on the machine can spoil a round, but only a difference of ours spoils three.
    let mut ratios = Vec::new();
    for round in 0..3 {
        ratios.push(ratio(&door, round * 200).await);
        if (0.95..1.05).contains(&ratios[round]) {
            return;
        }
    }
    panic!("{ratios:?}");
}

/// The median time of 200 tries with a known name over that of 200 with an unknown one.
async fn ratio(door: &Door, start: usize) -> f64 {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in start..start + 200 {
        known.push(wrong_login_takes(door, &format!("known-{}", n / 4), 2 * n).await);
        unknown.push(wrong_login_takes(door, &format!("unknown-{}", n / 4), 2 * n + 1).await);
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    median(&mut known) / median(&mut unknown)
}
