//! From when on endpoints are counted as up, down, off or unknown. The order is what matters; times are as the clock told
//! them, and whoever reads them makes sense of those that contradict it ([`History`]).

use sqlx::{Row, SqliteConnection};

use super::{endpoint::bind_endpoint, error::StoreError, retention, store::Store};
use wsmon_manager::EndpointTransition;
use wsmon_model::{EndpointId, GapReason, History, PeriodKind, Transition};

/// How many later days on which events came a transition is kept at most.
pub const TRANSITIONS_KEPT_DAYS: u32 = 90;

impl Store {
    /// How an endpoint fared for as long as that is kept, up to now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn history_of(&self, endpoint: &EndpointId) -> Result<History, StoreError> {
        let query =
            sqlx::query("SELECT at_ms, kind, why FROM transition WHERE service = ? AND endpoint = ? ORDER BY number");
        let rows = bind_endpoint(query, endpoint).fetch_all(&self.0).await?;
        let mut transitions = Vec::with_capacity(rows.len());
        for row in rows {
            let (kind, why): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
            // What a newer version wrote and this one does not know is no data.
            let to = kind.parse().unwrap_or(PeriodKind::Unknown);
            let why = why.as_deref().and_then(GapReason::from_word);
            transitions.push(Transition { at_ms: row.try_get(0)?, to, why });
        }
        Ok(History::new(transitions, self.now_ms()))
    }
}

/// Notes that endpoints are watched from now on, and as what they are counted: what was not ended is unknown from when it was
/// last known that somebody watched.
pub(super) async fn begin_watching(
    connection: &mut SqliteConnection,
    begun: &[EndpointTransition],
) -> Result<(), sqlx::Error> {
    // Without a time, nothing was ever noted.
    let end = "INSERT INTO transition (service, endpoint, number, at_ms, kind) \
               SELECT last.service, last.endpoint, last.number + 1, watched.until_ms, 'unknown' \
               FROM watched JOIN connection JOIN transition AS last USING (service, endpoint) \
               WHERE watched.until_ms IS NOT NULL AND last.kind <> 'unknown' AND last.number = \
               (SELECT max(number) FROM transition AS own \
                WHERE own.service = connection.service AND own.endpoint = connection.endpoint)";
    sqlx::query(end).execute(&mut *connection).await?;
    add(&mut *connection, begun).await?;
    let began_ms = begun.iter().map(|begun| begun.transition.at_ms).max();
    note_watched(connection, began_ms).await
}

/// Adds transitions, unless their endpoints have been removed meanwhile. One that leads to the same as the last may only tell
/// why, if nothing does.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    transitions: &[EndpointTransition],
) -> Result<(), sqlx::Error> {
    for EndpointTransition { endpoint, transition: Transition { at_ms, to, why } } in transitions {
        let query = sqlx::query(
            "INSERT INTO transition (service, endpoint, number, at_ms, kind, why) \
             SELECT ?1, ?2, coalesce(last.number + (last.kind <> ?4), 0), ?3, ?4, ?5 \
             FROM connection LEFT JOIN (SELECT number, kind FROM transition WHERE service = ?1 AND endpoint = ?2 \
             ORDER BY number DESC LIMIT 1) AS last WHERE connection.service = ?1 AND connection.endpoint = ?2 \
             ON CONFLICT (service, endpoint, number) DO UPDATE SET why = coalesce(why, excluded.why)",
        );
        let query = bind_endpoint(query, endpoint).bind(at_ms).bind(to.as_str());
        query.bind(why.map(GapReason::as_str)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Notes until when all transitions are there.
pub(super) async fn note_watched(connection: &mut SqliteConnection, until_ms: Option<i64>) -> Result<(), sqlx::Error> {
    if until_ms.is_some() {
        sqlx::query("UPDATE watched SET until_ms = ?").bind(until_ms).execute(connection).await?;
    }
    Ok(())
}

/// Erases what is too old of endpoints that have something new, but the last transition of before: it tells as what the rest
/// begins.
pub(super) async fn erase_old(
    connection: &mut SqliteConnection,
    endpoints: impl Iterator<Item = &EndpointId>,
) -> Result<(), sqlx::Error> {
    let Some(since_ms) = retention::kept_since_ms(&mut *connection, TRANSITIONS_KEPT_DAYS).await? else {
        return Ok(());
    };
    for endpoint in endpoints {
        // The oldest have the lowest numbers, so only those need be looked at.
        let query = sqlx::query(
            "DELETE FROM transition WHERE service = ?1 AND endpoint = ?2 AND number < \
             (SELECT max(number) FROM (SELECT number, at_ms FROM transition WHERE service = ?1 AND endpoint = ?2 \
             ORDER BY number LIMIT 1000) WHERE at_ms <= ?3)",
        );
        bind_endpoint(query, endpoint).bind(since_ms).execute(&mut *connection).await?;
    }
    Ok(())
}
