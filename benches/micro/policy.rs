//! What follows a failure.

use std::hint::black_box;

use criterion::Criterion;
use rand::{SeedableRng, rngs::SmallRng};
use wsmon_manager::{Backoff, Failure, Rules, judge};
use wsmon_model::{HttpAnswer, PeerText};

pub fn bench(criterion: &mut Criterion) {
    let closed = |code| Failure::Closed { code: Some(code), reason: PeerText::default() };
    let refused = |status| Failure::Http(Box::new(HttpAnswer { status, ..HttpAnswer::default() }));
    let failures = [closed(1000), closed(1012), closed(4001), refused(404), refused(503), Failure::Internal];
    let rules = Rules { never_retry: &[4001, 502], stay_closed: false, ..Rules::default() };
    let mut rng = SmallRng::seed_from_u64(1);
    criterion.bench_function("policy: judge six failures, draw their delays", |bencher| {
        bencher.iter(|| {
            for failure in &failures {
                let verdict = judge(black_box(failure), rules);
                black_box(verdict.delay(3, &Backoff::default(), &mut rng));
            }
        });
    });
}
