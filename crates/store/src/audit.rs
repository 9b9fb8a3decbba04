//! The audit log.

use sqlx::{
    QueryBuilder, Row, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{error::StoreError, store::Store};
use wsmon_model::{AuditEntry, AuditOutcome, AuditPage, AuditQuery, PER_PAGE, PeerText, PendingAudit};

/// Entries kept.
pub const AUDIT_KEPT: i64 = 100_000;

/// What is said of an operation whose process ended before it did. Its entry was kept with the change.
const CUT_SHORT: &str = "The monitor ended before it was written down what came of this. The change itself is kept.";

impl Store {
    /// Completes the entry of an operation that has ended, as far as it was kept together with a change; otherwise adds
    /// it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], as for every function here.
    pub async fn complete_audit(&self, audit: &PendingAudit) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let completed = sqlx::query("UPDATE audit SET outcome = ?, detail = ?, operation = NULL WHERE operation = ?")
            .bind(audit.entry.outcome.as_str())
            .bind(audit.entry.detail.as_str())
            .bind(audit.operation)
            .execute(&mut *transaction)
            .await?;
        if completed.rows_affected() == 0 {
            add(&mut transaction, &audit.entry).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Completes as failed the entries of operations that a crash cut short; how many. For the start of a server, when
    /// none can be under way: an operation on the command line that is can still complete its own.
    pub async fn complete_audit_cut_short(&self) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "UPDATE audit SET outcome = ?, detail = trim(detail || ' ' || ?) WHERE operation IS NOT NULL AND outcome = ?",
        );
        let bound = query.bind(AuditOutcome::Failed.as_str()).bind(CUT_SHORT).bind(AuditOutcome::UnderWay.as_str());
        Ok(bound.execute(&self.0).await?.rows_affected())
    }

    /// Carries out a statement that changes one row or none, with the entry of the audit log if one; whether it did.
    pub(super) async fn change_one(
        &self,
        statement: Query<'_, Sqlite, SqliteArguments>,
        audit: Option<&PendingAudit>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let is_changed = statement.execute(&mut *transaction).await?.rows_affected() == 1;
        if is_changed {
            add_pending(&mut transaction, audit).await?;
        }
        transaction.commit().await?;
        Ok(is_changed)
    }

    /// One page of the log, newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let mut count = QueryBuilder::new("SELECT count(*) FROM audit");
        restrict(&mut count, query);
        let matching: i64 = count.build_query_scalar().fetch_one(&self.0).await?;
        let matching = u32::try_from(matching).unwrap_or(u32::MAX);
        let page = query.page.min(matching.saturating_sub(1) / PER_PAGE);

        let mut select = QueryBuilder::new("SELECT at_ms, who, address, action, object, outcome, detail FROM audit");
        restrict(&mut select, query);
        select.push(" ORDER BY id DESC LIMIT ").push_bind(PER_PAGE).push(" OFFSET ").push_bind(page * PER_PAGE);
        let rows = select.build().fetch_all(&self.0).await?;
        let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(AuditPage { matching, page, rows })
    }
}

/// Adds an entry that its operation will complete, to a transaction with the change that it tells of.
pub(super) async fn add_pending(
    connection: &mut SqliteConnection,
    audit: Option<&PendingAudit>,
) -> Result<(), sqlx::Error> {
    let Some(PendingAudit { operation, entry }) = audit else { return Ok(()) };
    let id = add(connection, entry).await?;
    let query = sqlx::query("UPDATE audit SET operation = ? WHERE id = ?");
    query.bind(operation).bind(id).execute(connection).await.map(drop)
}

/// Adds an entry, and drops the oldest when there are more than [`AUDIT_KEPT`]. Its id. The schema may be that of any
/// earlier version.
pub(super) async fn add(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<i64, sqlx::Error> {
    let query = sqlx::query(
        "INSERT INTO audit (at_ms, who, address, action, object, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    let added = query
        .bind(entry.at_ms)
        .bind(entry.who.as_str())
        .bind(&entry.address)
        .bind(entry.action.as_str())
        .bind(entry.object.as_str())
        .bind(entry.outcome.as_str())
        .bind(entry.detail.as_str())
        .execute(&mut *connection)
        .await?;
    let id = added.last_insert_rowid();
    sqlx::query("DELETE FROM audit WHERE id <= ?").bind(id - AUDIT_KEPT).execute(connection).await?;
    Ok(id)
}

fn restrict(sql: &mut QueryBuilder<Sqlite>, query: &AuditQuery) {
    sql.push(" WHERE true");
    if let Some(action) = query.action {
        sql.push(" AND action = ").push_bind(action.as_str());
    }
    if !query.search.is_empty() {
        // `instr` rather than `LIKE`, in which % and _ mean something.
        sql.push(" AND instr(lower(who || ' ' || address || ' ' || object || ' ' || detail), ");
        sql.push_bind(query.search.to_lowercase()).push(") > 0");
    }
}

fn read(row: &SqliteRow) -> Result<AuditEntry, sqlx::Error> {
    let text = |column: usize| row.try_get::<String, _>(column);
    let unknown =
        |column: usize| sqlx::Error::ColumnDecode { index: column.to_string(), source: "unknown word".into() };
    Ok(AuditEntry {
        at_ms: row.try_get(0)?,
        who: PeerText::from(text(1)?),
        address: text(2)?,
        action: text(3)?.parse().map_err(|_| unknown(3))?,
        object: PeerText::from(text(4)?),
        outcome: text(5)?.parse().map_err(|_| unknown(5))?,
        detail: PeerText::from(text(6)?),
    })
}
