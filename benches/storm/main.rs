//! Ten thousand connections that drop at once, and an upstream that is gone for five seconds: how the
//! gate brings them back, the whole program, and, to compare, plain full jitter. `make bench-storm`.
//!
//! Fails when a bound is missed.

#[path = "../filled_store.rs"]
mod filled_store;
mod gated;
mod jitter;
mod network;
#[path = "../../tests/common/program.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod program;
#[path = "../program_file.rs"]
mod program_file;
#[path = "../../tests/common/start.rs"]
mod start;
mod upstream;
mod whole;
#[path = "../../tests/common/wire.rs"]
mod wire;

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval, timeout};
use wsmon_manager::GateConfig;

use self::{program_file::program_file, upstream::Upstream};

const CONNECTIONS: u32 = 10_000;

/// How long the upstream is gone.
const GONE: Duration = Duration::from_secs(5);

/// How often the page is asked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long all that may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(180);

const MOST_ATTEMPTS_EACH: f64 = 1.05;
const BACK_WITHIN: Duration = Duration::from_secs(8);
const PAGE_WITHIN: Duration = Duration::from_millis(100);

/// What a storm did.
struct Storm {
    /// Attempts of a connection in the mean.
    attempts_each: f64,
    /// The most attempts in any second; none where only some of them can be seen.
    most_in_a_second: Option<usize>,
    /// From the upstream's return until all were back.
    back_after: Duration,
    /// What 95 of 100 looks at the page took at most; none where there is no page.
    page: Option<Duration>,
}

impl Storm {
    fn row(&self, name: &str) -> String {
        let most = self.most_in_a_second.map_or_else(|| "-".to_owned(), |most| most.to_string());
        let page = self.page.map_or_else(|| "-".to_owned(), |page| format!("{:.1} ms", page.as_secs_f64() * 1e3));
        let back = self.back_after.as_secs_f64();
        format!("{name:<20}{:>16.3}{most:>16}{back:>14.1} s{page:>12}", self.attempts_each)
    }

    fn keeps_the_bounds(&self) -> bool {
        let rate = GateConfig::default().rate.get() as usize;
        self.attempts_each <= MOST_ATTEMPTS_EACH
            && self.most_in_a_second.is_none_or(|most| most <= rate)
            && self.back_after <= BACK_WITHIN
            && self.page.is_none_or(|page| page <= PAGE_WITHIN)
    }
}

/// Lets the storm happen, and looks at how many are connected until all are back: how long that took
/// after the upstream's return, and each look.
async fn happen(upstream: &mut Upstream, mut look: impl AsyncFnMut() -> u32) -> (Duration, Vec<Duration>) {
    upstream.leave();
    let gone = Instant::now();
    let mut back: Option<Instant> = None;
    let mut took = Vec::new();
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watched = async {
        loop {
            ticks.tick().await;
            let began = Instant::now();
            let connected = look().await;
            took.push(began.elapsed());
            match back {
                None if gone.elapsed() >= GONE => {
                    upstream.come_back();
                    back = Some(Instant::now());
                }
                Some(back) if connected == CONNECTIONS => return back.elapsed(),
                _ => {}
            }
        }
    };
    let back_after = timeout(PATIENCE, watched).await.expect("all come back");
    (back_after, took)
}

/// Looks until all are connected.
async fn all_connected(mut look: impl AsyncFnMut() -> u32) {
    let connected = async {
        let mut ticks = interval(LOOK_EVERY);
        while look().await != CONNECTIONS {
            ticks.tick().await;
        }
    };
    timeout(PATIENCE, connected).await.expect("all connect");
}

/// The time that 95 of 100 stay below.
fn p95(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() * 95 / 100]
}

#[tokio::main]
async fn storms() -> ExitCode {
    println!("{:<20}{:>16}{:>16}{:>16}{:>12}", "", "attempts each", "most a second", "back after", "page, p95");
    let gated = gated::storm().await;
    println!("{}", gated.row("with the gate"));
    let whole = whole::storm().await;
    println!("{}", whole.row("the whole program"));
    println!("{}", jitter::storm().await.row("plain full jitter"));
    if gated.keeps_the_bounds() && whole.keeps_the_bounds() {
        return ExitCode::SUCCESS;
    }
    let rate = GateConfig::default().rate;
    eprintln!(
        "A bound is missed: {MOST_ATTEMPTS_EACH} attempts each, {rate} a second, back after {BACK_WITHIN:?}, page \
         within {PAGE_WITHIN:?}."
    );
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    if env::args().any(|argument| argument == upstream::ARGUMENT) {
        upstream::serve();
        return ExitCode::SUCCESS;
    }
    storms()
}
