//! A page of the list, and the summary, from the registry.

use std::sync::Arc;

use criterion::Criterion;
use tokio::runtime::Runtime;
use wsmon_manager::{Base, ConnectionManager, ManagerConfig};
use wsmon_model::{ListQuery, Sort, SortKey};

use crate::store::Numbered;

const ROWS: [u32; 2] = [10_000, 100_000];

pub fn bench(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let _inside = runtime.enter();
    let latest_first = Sort { key: SortKey::LastMessage, reversed: true };
    let queries = [
        ("by name", ListQuery::default()),
        ("by last message", ListQuery { sort: latest_first, ..ListQuery::default() }),
        ("searched", ListQuery { search: "feed-99".to_owned(), ..ListQuery::default() }),
    ];
    for rows in ROWS {
        let keeper = Arc::new(Numbered { endpoints: rows, on: false });
        let base: Base = "ws://127.0.0.1:9/".parse().expect("a base URL");
        let manager = ConnectionManager::new(base, ManagerConfig { keeper, ..ManagerConfig::default() });
        assert_eq!(runtime.block_on(manager.restore()), Ok(rows as usize));
        for (name, query) in &queries {
            criterion
                .bench_function(&format!("list: 50 of {rows}, {name}"), |bencher| bencher.iter(|| manager.list(query)));
        }
        criterion.bench_function(&format!("list: summary of {rows}"), |bencher| bencher.iter(|| manager.summary()));
    }
}
