//! The monitor as others see it: what `/metrics` says and to whom, and whether the rules and the dashboard in `ops/`
//! hold in Debian's Prometheus.

mod access;
mod alerts;
mod certificates;
mod counters;
mod disk;
mod exposition;
mod labels;
mod monitor;
mod ops_files;
mod panels;
mod program;
mod prometheus;
mod rotation;
mod scale;
mod schema;
mod upstream;
#[path = "../common/wire.rs"]
mod wire;

use std::{
    fs,
    io::{Write, stderr},
    path::Path,
    time::Duration,
};

use tokio::time::{interval, timeout};

/// The text of a file in the repository.
fn shipped(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// A text in which something that must be there is replaced.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from} in {text}");
    text.replace(from, to)
}

/// Says that something is not tested. Not `eprintln!`, which is shown only of tests that fail.
fn skip(what: &str) {
    writeln!(stderr(), "SKIPPED: {what}").expect("stderr");
}

/// Asks again until there is what is awaited. The programs that are asked do not tell by themselves when something
/// changes, so here, and only here, a clock decides when to look.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let mut seen = String::new();
    let found = timeout(Duration::from_secs(60), async {
        let mut looks = interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            match ask().await {
                Ok(found) => break found,
                Err(other) => seen = other,
            }
        }
    });
    found.await.unwrap_or_else(|_| panic!("waited in vain for {what}, last seen: {seen}"))
}
