//! Sessions, by the SHA-256 of their ids.

use sqlx::{Row, sqlite::SqliteRow};
use tracing::warn;

use super::{administrators::note_address, audit::add_pending, error::StoreError, retention, store::Store};
use wsmon_model::PendingAudit;

/// How long a session lasts without a request: 12 hours, in milliseconds.
pub const SESSION_IDLE_MS: i64 = 12 * 60 * 60 * 1_000;

/// How long a session lasts at most: 7 days, in milliseconds.
pub const SESSION_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// How far in the future a session may have begun, in milliseconds. One that began later did so while
/// the clock was ahead; let in, it would outlive its limit.
const CLOCK_SET_BACK_MS: i64 = 5 * 60 * 1_000;

/// How many later days with a login a session is kept at most; longer than it can be in use.
const SESSIONS_KEPT_DAYS: u32 = 8;

/// A session's last use is written at most this often, in milliseconds, so that a page that asks
/// every five seconds does not write as often.
const USE_WRITTEN_EVERY_MS: i64 = 60 * 1_000;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The SHA-256 of the id.
    pub id_sha256: Vec<u8>,
    /// Whose it is.
    pub administrator: String,
    /// When it began, in Unix milliseconds.
    pub started_ms: i64,
    /// When it was last used, to the minute.
    pub used_ms: i64,
    /// Where it began from.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
}

fn read(row: &SqliteRow) -> Result<StoredSession, sqlx::Error> {
    Ok(StoredSession {
        id_sha256: row.try_get(0)?,
        administrator: row.try_get(1)?,
        started_ms: row.try_get(2)?,
        used_ms: row.try_get(3)?,
        address: row.try_get(4)?,
        agent: row.try_get(5)?,
    })
}

impl Store {
    /// Begins a session, notes the network it is begun from, and forgets those that ran out long ago: the
    /// clock may be wrong, and those that have run out by it are not let in anyhow. Here and below, the entry of the
    /// audit log is added in the same transaction, and only if something is changed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], as for every function here.
    pub async fn begin_session(
        &self,
        session: &StoredSession,
        network: &str,
        audit: Option<&PendingAudit>,
    ) -> Result<(), StoreError> {
        let now_ms = session.started_ms;
        self.1.jumps.look(now_ms);
        let mut transaction = self.write().await?;
        retention::note_day(&mut transaction, now_ms).await?;
        if let Some(since_ms) = retention::kept_since_ms(&mut transaction, SESSIONS_KEPT_DAYS).await? {
            let query = sqlx::query("DELETE FROM session WHERE started_ms < ?");
            query.bind(since_ms).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&session.id_sha256)
            .bind(&session.administrator)
            .bind(session.started_ms)
            .bind(session.used_ms)
            .bind(&session.address)
            .bind(&session.agent)
            .execute(&mut *transaction)
            .await?;
        note_address(&mut transaction, &session.administrator, network, now_ms).await?;
        add_pending(&mut transaction, audit).await?;
        Ok(transaction.commit().await?)
    }

    /// Whose session this is, if it has not run out. Counts as a use.
    pub async fn use_session(&self, id_sha256: &[u8], now_ms: i64) -> Result<Option<String>, StoreError> {
        self.1.jumps.look(now_ms);
        let query = "SELECT * FROM session WHERE id_sha256 = ? AND used_ms >= ? AND started_ms BETWEEN ? AND ?";
        let found = sqlx::query(query)
            .bind(id_sha256)
            .bind(now_ms - SESSION_IDLE_MS)
            .bind(now_ms - SESSION_LIFE_MS)
            .bind(now_ms + CLOCK_SET_BACK_MS)
            .fetch_optional(&self.0)
            .await?;
        let Some(session) = found.as_ref().map(read).transpose()? else { return Ok(None) };
        // Either way: one that was used while the clock was ahead must not count as used until then.
        if (now_ms - session.used_ms).abs() > USE_WRITTEN_EVERY_MS {
            let query = sqlx::query("UPDATE session SET used_ms = ? WHERE id_sha256 = ?");
            if let Err(error) = query.bind(now_ms).bind(id_sha256).execute(&self.0).await {
                // Such as a full disk: no reason to keep out whoever comes to see about it.
                warn!(%error, "a session's use could not be noted");
            }
        }
        Ok(Some(session.administrator))
    }

    /// Whose session this is or was: it may have run out.
    pub async fn session_owner(&self, id_sha256: &[u8]) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT administrator FROM session WHERE id_sha256 = ?");
        Ok(query.bind(id_sha256).fetch_optional(&self.0).await?)
    }

    /// Ends a session; whether there was one.
    pub async fn end_session(&self, id_sha256: &[u8], audit: Option<&PendingAudit>) -> Result<bool, StoreError> {
        self.change_one(sqlx::query("DELETE FROM session WHERE id_sha256 = ?").bind(id_sha256), audit).await
    }

    /// Ends a session if it is this administrator's; whether there was one.
    pub async fn end_session_of(
        &self,
        administrator: &str,
        id_sha256: &[u8],
        audit: Option<&PendingAudit>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM session WHERE id_sha256 = ? AND administrator = ?");
        self.change_one(query.bind(id_sha256).bind(administrator), audit).await
    }

    /// The sessions of an administrator that have not run out, last used first.
    pub async fn sessions_of(&self, administrator: &str, now_ms: i64) -> Result<Vec<StoredSession>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM session WHERE administrator = ? AND used_ms >= ? AND started_ms BETWEEN ? AND ? \
             ORDER BY used_ms DESC",
        );
        let bound = query.bind(administrator).bind(now_ms - SESSION_IDLE_MS).bind(now_ms - SESSION_LIFE_MS);
        let rows = bound.bind(now_ms + CLOCK_SET_BACK_MS).fetch_all(&self.0).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }
}
