//! The program itself, with its store, its log and an administrator who looks at the page.

use std::path::Path;

use wsmon_model::EventKind;
use wsmon_store::Store;

use crate::{
    CONNECTIONS, Storm, all_connected,
    filled_store::{endpoint, fill_store},
    happen, p95,
    program::{Admin, Program},
    upstream::Upstream,
};

pub async fn storm() -> Storm {
    let mut upstream = Upstream::start();
    let data_dir = tempfile::tempdir().expect("a directory");
    fill_store(data_dir.path(), CONNECTIONS, true).await;
    let program = Program::start(&upstream.base_url(), data_dir.path());
    let admin = Admin::sign_in(&program).await;
    let page = async || admin.list(&program).await.summary.connected;
    all_connected(page).await;

    let (back_after, took) = happen(&mut upstream, page).await;
    let accepted = upstream.leave();
    program.terminate().await;
    let attempts = accepted + failed_attempts(data_dir.path()).await;
    Storm {
        attempts_each: f64::from(attempts) / f64::from(CONNECTIONS),
        most_in_a_second: None,
        back_after,
        page: Some(p95(took)),
    }
}

/// Attempts that the upstream could not see. The last storm's end may have begun another.
async fn failed_attempts(data_dir: &Path) -> u32 {
    let store = Store::open(data_dir).await.expect("opens");
    let mut failed = 0;
    for number in 0..CONNECTIONS {
        let events = store.events_of(&endpoint(number), 500).await.expect("events");
        let count = events.iter().filter(|event| event.kind == EventKind::AttemptFailed).count();
        failed += u32::try_from(count).expect("few");
    }
    failed
}
