//! What a scrape costs with ten thousand endpoints, and how many series there are.

use std::{path::Path, process::Command, time::Instant};

use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use wsmon_store::Store;

use crate::monitor::{Admin, Monitor, PATH};

const ENDPOINTS: u32 = 10_000;

/// Scrapes over which the processor's time, which the kernel tells in hundredths of a second, is averaged.
const SCRAPES: u32 = 20;

/// Puts endpoints with names of every kind that is allowed into a new store, turned off.
async fn fill(directory: &Path) {
    Store::open(directory).await.expect("a store").close().await;
    let file = format!("sqlite://{}", directory.join("monitor.sqlite").display());
    let mut store = SqliteConnection::connect(&file).await.expect("the store");
    let mut transaction = store.begin().await.expect("a transaction");
    for n in 0..ENDPOINTS {
        let name = match n % 4 {
            0 => format!("feed-{n}"),
            1 => format!("{n}/~._-/A"),
            2 => format!("{n}...{}", "x".repeat(120)),
            _ => format!("le_{n}_total.sum"),
        };
        let insert = "INSERT INTO connection (service, endpoint, is_on, auto_reconnect, options) VALUES ('default', ?, 0, 1, '{}')";
        sqlx::query(insert).bind(name).execute(&mut *transaction).await.expect("inserted");
    }
    transaction.commit().await.expect("kept");
    store.close().await.expect("closed");
}

/// The monitor with ten thousand endpoints and a limit: the series of one scrape, and the seconds of processor time
/// that each of some more takes.
async fn scraped(directory: &Path, limit: u32) -> (usize, f64) {
    let mut command = Command::new(PATH);
    command.args(["--metrics-endpoint-limit", &limit.to_string()]);
    let monitor = Monitor::start_as(&mut command, "ws://127.0.0.1:9/ws/", directory);
    let before = monitor.samples().await;
    assert_eq!(before.sum("wsmon_connections", &[]), f64::from(ENDPOINTS));
    let omitted = before.sum("wsmon_endpoint_series_omitted", &[]);
    assert_eq!(omitted, f64::from(u8::from(limit < ENDPOINTS)));
    for _ in 1..SCRAPES {
        monitor.metrics().await;
    }
    let after = monitor.samples().await;
    let spent = after.sum("process_cpu_seconds_total", &[]) - before.sum("process_cpu_seconds_total", &[]);
    (before.0.len(), spent / f64::from(SCRAPES))
}

#[tokio::test]
async fn ten_thousand_endpoints_bring_few_series_and_a_scrape_costs_little() {
    let directory = tempfile::tempdir().expect("a directory");
    fill(directory.path()).await;
    let (series, seconds) = scraped(directory.path(), 2_000).await;
    println!("{ENDPOINTS} endpoints, beyond the limit: {series} series, {:.1} ms a scrape", seconds * 1e3);
    assert!(series < 100, "{series} series");
    assert!(seconds < 0.1, "{seconds} s of processor time a scrape");

    let (series, seconds) = scraped(directory.path(), ENDPOINTS).await;
    println!("{ENDPOINTS} endpoints, each with its series: {series} series, {:.1} ms a scrape", seconds * 1e3);
    // 38 each: three states, three flags, and 32 counters.
    assert_eq!(series / ENDPOINTS as usize, 38);
    // A release needs a tenth of what a development build does.
    let bound = if cfg!(debug_assertions) { 2.0 } else { 0.1 };
    assert!(seconds < bound, "{seconds} s of processor time a scrape");
}

#[tokio::test]
async fn the_page_answers_while_all_series_are_scraped() {
    let directory = tempfile::tempdir().expect("a directory");
    fill(directory.path()).await;
    let mut command = Command::new(PATH);
    command.args(["--metrics-endpoint-limit", &ENDPOINTS.to_string()]);
    let monitor = Monitor::start_as(&mut command, "ws://127.0.0.1:9/ws/", directory.path());
    let admin = Admin::sign_in(&monitor).await;
    let page = async {
        let begun = Instant::now();
        admin.done("load_summary", json!({})).await;
        (begun.elapsed(), Instant::now())
    };
    let scrape = async {
        monitor.metrics().await;
        Instant::now()
    };
    let ((took, answered), scraped) = tokio::join!(page, scrape);
    println!("the page's summary during a scrape: {} ms", took.as_millis());
    assert!(answered < scraped, "the page waits for the scrape");
}
