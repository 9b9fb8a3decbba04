//! Transactions that write, one at a time.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::sync::MutexGuard;

use super::store::Store;

/// A transaction that writes. The file lets one write at a time: whoever waits for its turn here holds none of the pool's
/// connections meanwhile, so that a page is read as fast as ever while hundreds of connections are changed.
pub(super) struct Writing<'a> {
    /// Given back before the turn is.
    transaction: Transaction<'static, Sqlite>,
    _turn: MutexGuard<'a, ()>,
}

impl Store {
    /// Begins a transaction when nobody else of this process writes. What is not committed is undone.
    pub(super) async fn write(&self) -> Result<Writing<'_>, sqlx::Error> {
        let turn = self.1.turn.lock().await;
        Ok(Writing { transaction: self.0.begin().await?, _turn: turn })
    }
}

impl Writing<'_> {
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }
}

impl Deref for Writing<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Writing<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}
