//! Times on the wire and in the store.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

/// A clock on the wall, which people set and which may jump. What must not jump with it, such as a
/// deadline, goes by tokio's `Instant`.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> SystemTime;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A time as Unix milliseconds.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// How far the wall's clock may stray from what was kept of it before that is taken anew. Far less than anybody sees in a
/// countdown, and more than lies between two readings of clocks on a busy machine.
const STRAY: Duration = Duration::from_millis(50);

/// The wall's clock against the one that does not jump. As long as nobody sets the former, a time of the latter is the
/// same time on the wall whenever it is asked for, to the millisecond.
#[derive(Debug)]
pub(super) struct WallClock {
    origin: Instant,
    /// The wall's time at the origin, in Unix nanoseconds.
    origin_ns: AtomicI64,
}

impl WallClock {
    pub(super) fn new(now: SystemTime) -> Self {
        Self { origin: Instant::now(), origin_ns: AtomicI64::new(unix_ns(now)) }
    }

    /// What times are on the wall while it shows `now`.
    pub(super) fn times(&self, now: SystemTime) -> WallTimes {
        let measured = unix_ns(now) - ns(self.origin.elapsed());
        let kept = self.origin_ns.load(Relaxed);
        let strayed = measured.abs_diff(kept) > ns(STRAY).unsigned_abs();
        if strayed {
            self.origin_ns.store(measured, Relaxed);
        }
        WallTimes { now, origin: self.origin, origin_ns: if strayed { measured } else { kept } }
    }
}

/// What times are on the wall.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallTimes {
    now: SystemTime,
    origin: Instant,
    origin_ns: i64,
}

impl WallTimes {
    /// Now, in Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        unix_ms(self.now)
    }

    /// A time after the origin, in Unix milliseconds.
    pub(super) fn unix_ms_at(&self, at: Instant) -> i64 {
        (self.origin_ns + ns(at.saturating_duration_since(self.origin))) / 1_000_000
    }
}

/// A time as Unix nanoseconds, which last until the year 2262.
fn unix_ns(time: SystemTime) -> i64 {
    ns(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_time_stays_where_it_is_on_the_wall_until_somebody_sets_the_clock() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let clock = WallClock::new(start);
        let due = Instant::now() + Duration::from_millis(7_500);
        let second = Duration::from_secs(1);
        let readings = [0, 20_000, 49_000, 3].map(|micros| start + second + Duration::from_micros(micros));
        advance(second).await;
        for now in readings {
            assert_eq!(clock.times(now).unix_ms_at(due), 1_000_007_500);
        }
        let set = start + second + Duration::from_millis(51);
        assert_eq!((clock.times(set).unix_ms_at(due), clock.times(set).now_ms()), (1_000_007_551, 1_000_001_051));
        assert_eq!(clock.times(start + second + Duration::from_millis(60)).unix_ms_at(due), 1_000_007_551);
        assert_eq!(clock.times(SystemTime::UNIX_EPOCH).unix_ms_at(due), 6_500, "back as well");
    }
}
