//! A page of 50 rows over HTTP, kept alive and compressed: alone, and for many administrators at once.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, interval_at, sleep},
};
use wsmon_model::{ListQuery, Sort, SortKey};

use crate::{
    monitor::{Monitor, Prepared},
    polls::{Asking, Polls},
    program::Admin,
    report::Figure,
    upstream::Upstream,
    usage::{self, cpu_percent},
};

/// Nothing listens there, and nothing that is off is tried.
const NOWHERE: &str = "ws://127.0.0.1:9/ws/";

/// Polls that are thrown away before, and those that are timed.
const WARM: usize = 50;
const TIMED: usize = 1_000;

const CONNECTIONS: u32 = 10_000;
const ROWS: u32 = 100_000;

const ADMINISTRATORS: u32 = 50;
const EVERY: Duration = Duration::from_secs(5);
const ROUNDS: u32 = 12;
const CHANGES_A_SECOND: u32 = 500;

/// One administrator.
pub async fn one() -> Vec<Figure> {
    let mut upstream = Upstream::start(None);
    let monitor = Monitor::settled(&upstream, None, CONNECTIONS).await;
    // Rows that differ, as those of a service do: each has had its messages at other times.
    upstream.trickle(CHANGES_A_SECOND);
    sleep(EVERY * 4).await;
    upstream.stop();
    let by_name = ListQuery::default();
    let anew = timed(&by_name, Asking::Anew, &monitor).await;
    let again = timed(&by_name, Asking::Again, &monitor).await;
    let what = format!("poll of 50 of {CONNECTIONS} rows");
    let mut figures = times(&what, &anew, [Some(0.5), Some(1.5)]);
    figures.push(Figure::new(format!("{what}: body as sent"), usage::whole(anew.body_bytes()), "B").aim(2_500.0));
    figures.push(Figure::new(format!("{what}: head"), usage::whole(anew.head_bytes()), "B"));
    let what = format!("{what}, unchanged");
    figures.extend(times(&what, &again, [None; 2]));
    figures.push(Figure::new(format!("{what}: body as sent"), usage::whole(again.body_bytes()), "B").aim(200.0));
    drop((monitor, upstream));

    let monitor = Monitor::start(NOWHERE, None, &Prepared::with(ROWS, false).await).await;
    let latest_first = Sort { key: SortKey::LastMessage, reversed: true };
    for (query, how) in [
        (by_name, ""),
        (ListQuery { sort: latest_first, ..ListQuery::default() }, ", by last message"),
        (ListQuery { search: "feed-99".to_owned(), ..ListQuery::default() }, ", searched"),
    ] {
        let polls = timed(&query, Asking::Anew, &monitor).await;
        figures.extend(times(&format!("poll of 50 of {ROWS} rows{how}"), &polls, [None, Some(3.0)]));
    }
    figures
}

async fn timed(query: &ListQuery, asking: Asking, monitor: &Monitor) -> Polls {
    Polls::repeated(query, asking, monitor, WARM).await;
    Polls::repeated(query, asking, monitor, TIMED).await
}

/// The figures of how long polls took, and their aims.
fn times(what: &str, polls: &Polls, aims: [Option<f64>; 2]) -> Vec<Figure> {
    let percentiles = ["p50", "p99"].into_iter().zip(polls.p50_and_p99_ms()).zip(aims);
    percentiles.map(|((name, ms), aim)| Figure::new(format!("{what}: {name}"), ms, "ms").aim(aim)).collect()
}

/// Many, while messages come.
pub async fn many() -> Vec<Figure> {
    let mut upstream = Upstream::start(None);
    let monitor = Arc::new(Monitor::settled(&upstream, None, CONNECTIONS).await);
    let mut admins = Vec::new();
    for _ in 0..ADMINISTRATORS {
        admins.push(Admin::sign_in(&monitor.program).await);
    }
    upstream.trickle(CHANGES_A_SECOND);
    let begin = Instant::now();
    let mut polling = JoinSet::new();
    for (number, admin) in (0..).zip(admins) {
        let first = begin + EVERY / ADMINISTRATORS * number;
        polling.spawn(poll_regularly(Arc::clone(&monitor), admin, first));
    }
    let percent = cpu_percent(&[monitor.id()], EVERY * ROUNDS).await;
    let mut polls = Polls::default();
    for others in polling.join_all().await {
        polls.extend(others);
    }
    upstream.stop();
    let every = EVERY.as_secs();
    let what = format!("{ADMINISTRATORS} administrators polling every {every} s, {CHANGES_A_SECOND} messages a second");
    vec![
        Figure::new(format!("{what}: CPU with {CONNECTIONS} connections"), percent, "% of a core").aim(10.0),
        Figure::new("the same: p99 of a poll", polls.p50_and_p99_ms()[1], "ms").aim(15.0),
    ]
}

async fn poll_regularly(monitor: Arc<Monitor>, admin: Admin, first: Instant) -> Polls {
    let mut polls = Polls::default();
    let mut ticks = interval_at(first, EVERY);
    for _ in 0..ROUNDS {
        ticks.tick().await;
        polls.poll(Asking::Again, &monitor, &admin).await;
    }
    polls
}
