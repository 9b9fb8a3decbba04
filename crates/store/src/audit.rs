//! The audit log.

use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{error::StoreError, store::Store};
use wsmon_model::{AuditEntry, AuditPage, AuditQuery, PER_PAGE, PeerText};

/// Entries kept.
pub const AUDIT_KEPT: i64 = 100_000;

impl Store {
    /// Adds an entry, and drops the oldest when there are more than [`AUDIT_KEPT`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], as for every function here.
    pub async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
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
            .execute(&mut *transaction)
            .await?;
        let oldest_kept = added.last_insert_rowid() - AUDIT_KEPT;
        sqlx::query("DELETE FROM audit WHERE id <= ?").bind(oldest_kept).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
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

fn restrict(sql: &mut QueryBuilder<Sqlite>, query: &AuditQuery) {
    sql.push(" WHERE true");
    if let Some(action) = query.action {
        sql.push(" AND action = ").push_bind(action.as_str());
    }
    if !query.search.is_empty() {
        // `instr` rather than `LIKE`, in which % and _ mean something.
        sql.push(" AND instr(lower(who || ' ' || address || ' ' || object), ");
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
