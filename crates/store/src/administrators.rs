//! Administrators and their password hashes.

use sqlx::{Row, SqliteConnection};

use super::{audit::add_pending, error::StoreError, store::Store};
use wsmon_model::PendingAudit;

/// How long an address is known to an account after a login from there: 30 days, in milliseconds.
pub const ADDRESS_KNOWN_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Addresses kept of each administrator.
const ADDRESSES_KEPT: i64 = 32;

/// What a login is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The password's hash.
    pub password_hash: String,
    /// Whether somebody signed in from the address lately.
    pub knows_address: bool,
}

/// An administrator, without the password's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAdministrator {
    /// The name to sign in with.
    pub name: String,
    /// When it was added, in Unix milliseconds.
    pub created_ms: i64,
}

impl Store {
    /// The hash of an administrator's password, if there is such an administrator.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], as for every function here.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT password_hash FROM administrator WHERE name = ?");
        Ok(query.bind(name).fetch_optional(&self.0).await?)
    }

    /// What a login of this name is checked against, if there is such an administrator. The address
    /// is known if a login from there was noted after `seen_after_ms`.
    pub async fn credentials(
        &self,
        name: &str,
        network: &str,
        seen_after_ms: i64,
    ) -> Result<Option<Credentials>, StoreError> {
        let query = sqlx::query(
            "SELECT password_hash, EXISTS (SELECT 1 FROM known_address \
             WHERE administrator = ?1 AND network = ?2 AND seen_ms > ?3) FROM administrator WHERE name = ?1",
        );
        let row = query.bind(name).bind(network).bind(seen_after_ms).fetch_optional(&self.0).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            Ok(Credentials { password_hash: row.try_get(0)?, knows_address: row.try_get(1)? })
        };
        row.map(read).transpose()
    }

    /// Every administrator, by name.
    pub async fn administrators(&self) -> Result<Vec<StoredAdministrator>, StoreError> {
        let rows = sqlx::query("SELECT name, created_ms FROM administrator ORDER BY name").fetch_all(&self.0).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            Ok(StoredAdministrator { name: row.try_get(0)?, created_ms: row.try_get(1)? })
        };
        rows.into_iter().map(read).collect()
    }

    /// Adds an administrator; false if the name is taken. Here and below, the entry of the audit log is added in the
    /// same transaction, and only if something is changed.
    pub async fn add_administrator(
        &self,
        name: &str,
        hash: &str,
        now_ms: i64,
        audit: Option<&PendingAudit>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query("INSERT INTO administrator VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        self.change_one(query.bind(name).bind(hash).bind(now_ms), audit).await
    }

    /// Sets a password, ends every session of the administrator and forgets from where they were
    /// begun; false if there is none of the name.
    pub async fn set_password_hash(
        &self,
        name: &str,
        hash: &str,
        audit: Option<&PendingAudit>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let query = sqlx::query("UPDATE administrator SET password_hash = ? WHERE name = ?");
        if query.bind(hash).bind(name).execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        for table in
            ["DELETE FROM session WHERE administrator = ?", "DELETE FROM known_address WHERE administrator = ?"]
        {
            sqlx::query(table).bind(name).execute(&mut *transaction).await?;
        }
        add_pending(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes an administrator and ends its sessions; false if there is none of the name, or no
    /// other.
    pub async fn remove_administrator(&self, name: &str, audit: Option<&PendingAudit>) -> Result<bool, StoreError> {
        let query =
            sqlx::query("DELETE FROM administrator WHERE name = ? AND (SELECT count(*) FROM administrator) > 1");
        self.change_one(query.bind(name), audit).await
    }
}

/// Notes that somebody signed in from a network. By count alone are old ones forgotten, so that a clock
/// that jumps makes none of them go.
pub(super) async fn note_address(
    connection: &mut SqliteConnection,
    administrator: &str,
    network: &str,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(
        "INSERT INTO known_address VALUES (?1, ?2, ?3) ON CONFLICT (administrator, network) DO UPDATE SET seen_ms = ?3",
    );
    query.bind(administrator).bind(network).bind(now_ms).execute(&mut *connection).await?;
    let query = sqlx::query(
        "DELETE FROM known_address WHERE administrator = ?1 AND network NOT IN \
         (SELECT network FROM known_address WHERE administrator = ?1 ORDER BY seen_ms DESC LIMIT ?2)",
    );
    query.bind(administrator).bind(ADDRESSES_KEPT).execute(&mut *connection).await?;
    Ok(())
}
