//! The product's parts, timed one by one with criterion: `make bench-micro`. An argument names those to run.
//!
//! Everything goes through public interfaces. A connection's machine and the circuit breaker have none of their own: they
//! are timed by what they do, as attempts of a manager on a network that refuses, under a clock that does not wait.

mod attempts;
#[path = "../filled_store.rs"]
mod filled_store;
mod list;
mod policy;
#[path = "../../tests/common/program.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod program;
#[path = "../program_file.rs"]
mod program_file;
mod served;
#[path = "../../tests/common/start.rs"]
mod start;
mod store;
#[path = "../../tests/common/wire.rs"]
mod wire;

use criterion::Criterion;

use self::program_file::program_file;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    policy::bench(&mut criterion);
    attempts::bench(&mut criterion);
    list::bench(&mut criterion);
    served::bench(&mut criterion);
    criterion.final_summary();
}
