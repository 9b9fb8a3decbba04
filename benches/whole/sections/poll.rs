//! A page of 50 rows over HTTP, kept alive and compressed: alone, and for many administrators at once.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, interval_at},
};
use wsmon_model::{ListQuery, Sort, SortKey};

use crate::{
    monitor::{Monitor, Prepared},
    polls::{Polls, arguments},
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
    let mut figures = Vec::new();
    let upstream = Upstream::start(None);
    let monitor = Monitor::settled(&upstream, None, CONNECTIONS).await;
    let what = format!("poll of 50 of {CONNECTIONS} connections");
    let mut polls = timed(&monitor, &ListQuery::default()).await;
    figures.push(Figure::new(format!("{what}: p50"), polls.within_ms(0.50), "ms").aim(0.5));
    figures.push(Figure::new(format!("{what}: p99"), polls.within_ms(0.99), "ms").aim(1.5));
    figures.push(Figure::new(format!("{what}: body as sent"), usage::whole(polls.body_bytes as u64), "B").aim(2_500.0));
    drop((monitor, upstream));

    let monitor = Monitor::start(NOWHERE, None, &Prepared::with(ROWS, false).await).await;
    let what = format!("poll of 50 of {ROWS} connections");
    let mut polls = timed(&monitor, &ListQuery::default()).await;
    figures.push(Figure::new(format!("{what}: p50"), polls.within_ms(0.50), "ms"));
    figures.push(Figure::new(format!("{what}: p99"), polls.within_ms(0.99), "ms").aim(3.0));
    let latest_first = Sort { key: SortKey::LastMessage, reversed: true };
    let mut polls = timed(&monitor, &ListQuery { sort: latest_first, ..ListQuery::default() }).await;
    figures.push(Figure::new(format!("{what}, sorted by last message: p99"), polls.within_ms(0.99), "ms").aim(3.0));
    let mut polls = timed(&monitor, &ListQuery { search: "feed-99".to_owned(), ..ListQuery::default() }).await;
    figures.push(Figure::new(format!("{what}, searched: p99"), polls.within_ms(0.99), "ms").aim(3.0));
    figures
}

async fn timed(monitor: &Monitor, query: &ListQuery) -> Polls {
    Polls::in_turn(monitor, query, WARM).await;
    Polls::in_turn(monitor, query, TIMED).await
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
    let what = format!(
        "{ADMINISTRATORS} administrators polling every {} s, {CONNECTIONS} connections, {CHANGES_A_SECOND} messages a second",
        EVERY.as_secs()
    );
    vec![
        Figure::new(format!("{what}: CPU"), percent, "% of a core").aim(10.0),
        Figure::new("the same: p99 of a poll", polls.within_ms(0.99), "ms").aim(15.0),
    ]
}

async fn poll_regularly(monitor: Arc<Monitor>, admin: Admin, first: Instant) -> Polls {
    let mut polls = Polls::default();
    let mut ticks = interval_at(first, EVERY);
    for _ in 0..ROUNDS {
        ticks.tick().await;
        polls.one(&monitor, &admin, &arguments(&ListQuery::default())).await;
    }
    polls
}
