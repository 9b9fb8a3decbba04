//! How long things are kept: by days on which the monitor ran, not by the clock alone.
//!
//! A clock can be wrong, for some seconds after a start or for longer, and what is erased is gone. So
//! nothing is erased because the clock says that it is old. The store notes each day, by the clock,
//! on which something was kept, and what is of a day is erased once so many *later days* have been
//! noted. A clock that is weeks ahead adds one day, like any other, and that day is struck out as soon
//! as the clock is right again. Where it is wrong, more is kept and not less.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;
use tracing::warn;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Days that are noted at the most: more than anything is kept.
const DAYS_NOTED: i64 = 100;

/// Notes that something is kept today, and strikes out days that have not come yet: the clock was
/// ahead.
pub(super) async fn note_day(connection: &mut SqliteConnection, now_ms: i64) -> Result<(), sqlx::Error> {
    let today = now_ms.div_euclid(DAY_MS);
    let to_come = sqlx::query("DELETE FROM day_of_service WHERE day > ?");
    to_come.bind(today).execute(&mut *connection).await?;
    let noted = sqlx::query("INSERT INTO day_of_service VALUES (?) ON CONFLICT DO NOTHING");
    if noted.bind(today).execute(&mut *connection).await?.rows_affected() == 0 {
        return Ok(());
    }
    let forget = "DELETE FROM day_of_service WHERE day < \
                  (SELECT day FROM day_of_service ORDER BY day DESC LIMIT 1 OFFSET ?)";
    sqlx::query(forget).bind(DAYS_NOTED).execute(connection).await.map(drop)
}

/// The beginning of the earliest day after which at most so many days have been noted, in Unix
/// milliseconds; none while there were not as many.
pub(super) async fn kept_since_ms(connection: &mut SqliteConnection, days: u32) -> Result<Option<i64>, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT day FROM day_of_service ORDER BY day DESC LIMIT 1 OFFSET ?");
    let day: Option<i64> = query.bind(days).fetch_optional(connection).await?;
    Ok(day.map(|day| day * DAY_MS))
}

/// How far the clock may get away from one that does not jump between two looks.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Says when the clock jumps, which explains what is found in the store afterwards.
#[derive(Debug, Default)]
pub(super) struct JumpWatch(Mutex<Option<(i64, Instant)>>);

impl JumpWatch {
    /// Looks at what the clock says.
    pub(super) fn look(&self, now_ms: i64) {
        let now = Instant::now();
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace((now_ms, now));
        let Some((before_ms, before)) = before else { return };
        let passed_ms = i64::try_from(now.duration_since(before).as_millis()).unwrap_or(i64::MAX);
        let jump_ms = now_ms.saturating_sub(before_ms).saturating_sub(passed_ms);
        if u128::from(jump_ms.unsigned_abs()) > TOLERANCE.as_millis() {
            warn!(seconds = jump_ms / 1_000, "the clock jumped; nothing is erased because of that");
        }
    }
}
