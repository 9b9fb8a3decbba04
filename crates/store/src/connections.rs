//! What is wanted of connections, and what happened to them.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tracing::error;

use super::{audit, endpoint::bind_endpoint, error::StoreError, retention, store::Store, transitions};
use wsmon_manager::{
    CheckedOptions, EventRecord, Happened, KeepError, Keeper, LearnedSilences, Past, PastEvent, Wanted, describe_event,
};
use wsmon_model::{Cause, EndpointId, Event, EventKind, Evidence, PeerText, PendingAudit};

/// Events kept of each endpoint.
pub const EVENTS_KEPT: i64 = 500;

/// Events of which an endpoint's past is made.
const PAST_READ: u32 = 100;

/// How many later days on which events came an event is kept at most.
pub const EVENTS_KEPT_DAYS: u32 = 30;

impl Store {
    /// The events of an endpoint, newest first, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], as for every function here.
    pub async fn events_of(&self, endpoint: &EndpointId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let query = sqlx::query(
            "SELECT at_ms, kind, cause, close_code, attempt, text, evidence FROM event WHERE service = ? AND endpoint = ? \
             ORDER BY id DESC LIMIT ?",
        );
        let rows = bind_endpoint(query, endpoint).bind(limit).fetch_all(&self.0).await?;
        let events = rows.iter().map(|row| read_event(row, endpoint)).collect::<Result<Vec<_>, _>>()?;
        Ok(events.into_iter().flatten().collect())
    }

    /// What happened to an endpoint before, as far as it explains what happens now: its latest events, without the attempts
    /// that failed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn past_of(&self, endpoint: &EndpointId) -> Result<Past, StoreError> {
        let query = sqlx::query(
            "SELECT at_ms, kind, cause FROM event WHERE service = ? AND endpoint = ? AND kind <> ? ORDER BY id DESC LIMIT ?",
        );
        let query = bind_endpoint(query, endpoint).bind(EventKind::AttemptFailed.as_str()).bind(PAST_READ);
        let rows = query.fetch_all(&self.0).await?;
        let events = rows.iter().map(read_past_event).collect::<Result<Vec<_>, _>>()?;
        Ok(Past::new(&events.into_iter().flatten().collect::<Vec<_>>()))
    }

    /// What is wanted of every connection. One whose name cannot be used is left out, and stays in the
    /// store.
    async fn load_wanted(&self) -> Result<Vec<Wanted>, StoreError> {
        let query = sqlx::query(
            "SELECT service, endpoint, is_on, auto_reconnect, options FROM connection ORDER BY service, endpoint",
        );
        let rows = query.fetch_all(&self.0).await?;
        let all = rows.iter().map(read_wanted).collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().flatten().collect())
    }

    async fn save_wanted(
        &self,
        wanted: &Wanted,
        event: &EventRecord,
        audit: Option<&PendingAudit>,
    ) -> Result<(), StoreError> {
        let options = wanted.options.to_kept().map_err(|error| sqlx::Error::Encode(error.into()))?;
        let mut transaction = self.write().await?;
        let query = sqlx::query(
            "INSERT INTO connection (service, endpoint, is_on, auto_reconnect, options) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (service, endpoint) DO UPDATE SET is_on = ?3, auto_reconnect = ?4, options = ?5",
        );
        let query = bind_endpoint(query, &wanted.endpoint);
        let bound = query.bind(wanted.on).bind(wanted.auto_reconnect).bind(options);
        bound.execute(&mut *transaction).await?;
        add_event(&mut transaction, event).await?;
        audit::add_pending(&mut transaction, audit).await?;
        Ok(transaction.commit().await?)
    }

    async fn forget_wanted(&self, endpoint: &EndpointId, audit: Option<&PendingAudit>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let query = sqlx::query("DELETE FROM connection WHERE service = ? AND endpoint = ?");
        bind_endpoint(query, endpoint).execute(&mut *transaction).await?;
        audit::add_pending(&mut transaction, audit).await?;
        Ok(transaction.commit().await?)
    }

    async fn append_happened(&self, happened: &Happened) -> Result<(), StoreError> {
        let Happened { begun, events, transitions, watched_until_ms } = happened;
        let mut transaction = self.write().await?;
        if let Some(begun) = begun {
            transitions::begin_watching(&mut transaction, begun).await?;
        }
        if !events.is_empty() {
            append_events(&mut transaction, events, self.now_ms()).await?;
        }
        transitions::add(&mut transaction, transitions).await?;
        if !transitions.is_empty() {
            let endpoints: BTreeSet<_> = transitions.iter().map(|one| &one.endpoint).collect();
            transitions::erase_old(&mut transaction, endpoints.into_iter()).await?;
        }
        transitions::note_watched(&mut transaction, *watched_until_ms).await?;
        Ok(transaction.commit().await?)
    }
}

/// Adds events, and erases what is too old or too much.
async fn append_events(
    connection: &mut SqliteConnection,
    events: &[EventRecord],
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    for event in events {
        add_event(connection, event).await?;
    }
    let endpoints: BTreeSet<_> = events.iter().map(|event| &event.endpoint).collect();
    for endpoint in endpoints {
        let query = sqlx::query(
            "DELETE FROM event WHERE service = ?1 AND endpoint = ?2 AND id <= \
             (SELECT id FROM event WHERE service = ?1 AND endpoint = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
        );
        bind_endpoint(query, endpoint).bind(EVENTS_KEPT).execute(&mut *connection).await?;
    }
    retention::note_day(connection, now_ms).await?;
    if let Some(since_ms) = retention::kept_since_ms(connection, EVENTS_KEPT_DAYS).await? {
        // The oldest have the lowest ids, so only those need be looked at.
        let query = sqlx::query(
            "DELETE FROM event WHERE id IN \
             (SELECT id FROM (SELECT id, at_ms FROM event ORDER BY id LIMIT 1000) WHERE at_ms < ?)",
        );
        query.bind(since_ms).execute(connection).await?;
    }
    Ok(())
}

/// Adds an event, unless its endpoint has been removed meanwhile.
async fn add_event(connection: &mut SqliteConnection, event: &EventRecord) -> Result<(), sqlx::Error> {
    let evidence = event.evidence.as_ref().map(serde_json::to_string).transpose();
    let evidence = evidence.map_err(|error| sqlx::Error::Encode(error.into()))?;
    let query = sqlx::query(
        "INSERT INTO event (service, endpoint, at_ms, kind, cause, close_code, attempt, text, evidence) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8 \
         WHERE EXISTS (SELECT 1 FROM connection WHERE service = ?1 AND endpoint = ?2)",
    );
    bind_endpoint(query, &event.endpoint)
        .bind(event.at_ms)
        .bind(event.kind.as_str())
        .bind(event.cause().map(Cause::as_str))
        .bind(event.close_code())
        .bind(event.attempt)
        .bind(evidence)
        .execute(connection)
        .await?;
    Ok(())
}

/// What is wanted of a connection; none if its name cannot be used.
fn read_wanted(row: &SqliteRow) -> Result<Option<Wanted>, sqlx::Error> {
    let (service, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let (Ok(service), Ok(name)) = (service.parse(), name.parse()) else {
        let (service, name) = (PeerText::new(&service), PeerText::new(&name));
        error!(%service, %name, "a connection in the store has a name that cannot be used; it is left as it is");
        return Ok(None);
    };
    let endpoint = EndpointId { service, name };
    let options = CheckedOptions::from_kept(&row.try_get::<String, _>(4)?);
    Ok(Some(Wanted { endpoint, on: row.try_get(2)?, auto_reconnect: row.try_get(3)?, options }))
}

/// An event; none if a newer version wrote what this one does not know.
fn read_event(row: &SqliteRow, endpoint: &EndpointId) -> Result<Option<Event>, sqlx::Error> {
    let (kind, cause): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
    let Ok(kind) = kind.parse() else { return Ok(None) };
    let cause = cause.and_then(|cause| cause.parse().ok());
    let evidence: Option<String> = row.try_get(6)?;
    // What cannot be read at all is told by its cause alone.
    let evidence = evidence.map(|json| serde_json::from_str::<Evidence>(&json).unwrap_or_default());
    let evidence = evidence.map(|evidence| Evidence { cause: evidence.cause.or(cause), ..evidence });
    Ok(Some(Event {
        endpoint: endpoint.clone(),
        at_ms: row.try_get(0)?,
        kind,
        layer: evidence.as_ref().and_then(|evidence| evidence.layer),
        cause,
        close_code: row.try_get(3)?,
        attempt: row.try_get(4)?,
        text: describe_event(kind, evidence.as_ref()).map_or_else(|| row.try_get(5), Ok)?,
    }))
}

/// The little of an event that explains others; none if a newer version wrote what this one does not know.
fn read_past_event(row: &SqliteRow) -> Result<Option<PastEvent>, sqlx::Error> {
    let (kind, cause): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
    let Ok(kind) = kind.parse() else { return Ok(None) };
    Ok(Some(PastEvent { at_ms: row.try_get(0)?, kind, cause: cause.and_then(|cause| cause.parse().ok()) }))
}

impl From<StoreError> for KeepError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl Keeper for Store {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        Box::pin(async { Ok(self.load_wanted().await?) })
    }

    fn save<'a>(
        &'a self,
        wanted: &'a Wanted,
        event: &'a EventRecord,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move { Ok(self.noting(self.save_wanted(wanted, event, audit).await)?) })
    }

    fn forget<'a>(
        &'a self,
        endpoint: &'a EndpointId,
        audit: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move { Ok(self.noting(self.forget_wanted(endpoint, audit).await)?) })
    }

    fn append<'a>(&'a self, happened: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(self.noting(self.append_happened(happened).await)?) })
    }

    fn load_silences(&self) -> BoxFuture<'_, Result<Vec<LearnedSilences>, KeepError>> {
        Box::pin(async { Ok(self.learned_silences().await?) })
    }

    fn keep_silences<'a>(&'a self, learned: &'a [LearnedSilences]) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(self.noting(self.keep_learned_silences(learned).await)?) })
    }
}
