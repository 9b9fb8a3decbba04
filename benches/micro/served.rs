//! What the release program serves: the dashboard's page and the metrics, over HTTP.

use criterion::Criterion;
use tokio::runtime::Runtime;

use crate::{
    filled_store::fill_store,
    program::{Admin, Program},
};

/// As many as `/metrics` tells one by one.
const ENDPOINTS: u32 = 2_000;

pub fn bench(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let data_dir = tempfile::tempdir().expect("a directory");
    runtime.block_on(fill_store(data_dir.path(), ENDPOINTS, false));
    let program = Program::start("ws://127.0.0.1:9/", data_dir.path());
    let admin = runtime.block_on(Admin::sign_in(&program));
    for (name, path) in [("page: the dashboard, 50 rows", "/admin/websocket-monitor"), ("metrics", "/metrics")] {
        let get = async || {
            let answer = admin.get(&program, path).await.error_for_status().expect("it is there");
            answer.bytes().await.expect("all of it")
        };
        let name = format!("{name}, of {ENDPOINTS} endpoints");
        criterion.bench_function(&name, |bencher| bencher.iter(|| runtime.block_on(get())));
    }
}
