//! Administrators and their password hashes.

use sqlx::Row;

use super::{Store, StoreError};

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

    /// Every administrator, by name.
    pub async fn administrators(&self) -> Result<Vec<StoredAdministrator>, StoreError> {
        let rows = sqlx::query("SELECT name, created_ms FROM administrator ORDER BY name").fetch_all(&self.0).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            Ok(StoredAdministrator { name: row.try_get(0)?, created_ms: row.try_get(1)? })
        };
        rows.into_iter().map(read).collect()
    }

    /// Adds an administrator; false if the name is taken.
    pub async fn add_administrator(&self, name: &str, hash: &str, now_ms: i64) -> Result<bool, StoreError> {
        let query = sqlx::query("INSERT INTO administrator VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        let done = query.bind(name).bind(hash).bind(now_ms).execute(&self.0).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Sets a password and ends every session of the administrator; false if there is none of the
    /// name.
    pub async fn set_password_hash(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let query = sqlx::query("UPDATE administrator SET password_hash = ? WHERE name = ?");
        let done = query.bind(hash).bind(name).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM session WHERE administrator = ?").bind(name).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes an administrator and ends its sessions; false if there is none of the name, or no
    /// other.
    pub async fn remove_administrator(&self, name: &str) -> Result<bool, StoreError> {
        let query =
            sqlx::query("DELETE FROM administrator WHERE name = ? AND (SELECT count(*) FROM administrator) > 1");
        Ok(query.bind(name).execute(&self.0).await?.rows_affected() == 1)
    }
}
