//! Whether the store can be written, tried anew until it can, and whether its pages are sound.

use std::{fs, time::Duration};

use sqlx::Connection;
use tokio::time::{Instant, sleep};
use tracing::{error, info};

use super::{
    error::StoreError,
    file::{self, CHECKED_BEFORE_USE, Flaw},
    health::{Health, WriteError},
    store::Store,
};

/// How long to wait before a store that could not be written is tried again.
const NEXT_TRY: Duration = Duration::from_secs(1);

/// `SQLite`'s instructions between two looks whether a check is still wanted.
const LOOK_EVERY: i32 = 1_000;

impl Store {
    /// Whether the last thing that was to be written found the disk full. Clears by itself when there
    /// is room again.
    pub fn is_full(&self) -> bool {
        *self.health().write_error.borrow() == Some(WriteError::Full)
    }

    /// Whether the last thing that was to be written could be. Tried again until it can.
    pub fn is_writable(&self) -> bool {
        self.health().write_error.borrow().is_none()
    }

    /// What is wrong with the file, if a check of the whole has found something.
    pub fn damage(&self) -> Option<&str> {
        self.health().damage.get().map(String::as_str)
    }

    /// What is wrong with the store other than a full disk, as sentences for whoever looks at the page.
    pub fn problem_text(&self) -> Option<String> {
        if let Some(damage) = self.damage() {
            return Some(format!(
                "The store is damaged ({damage}). Connections stay up. Restore a backup; the guide says how."
            ));
        }
        match &*self.health().write_error.borrow() {
            Some(WriteError::Failing(detail)) => Some(format!(
                "The store cannot be written ({detail}). Connections stay up, but nothing can be changed and events are \
                 not kept until it can."
            )),
            Some(WriteError::Full) | None => None,
        }
    }

    /// Writes something of no consequence and the size of a change, to see whether the store can be
    /// written.
    ///
    /// # Errors
    ///
    /// What is in the way.
    pub async fn try_writing(&self) -> Result<(), WriteError> {
        let written = sqlx::query("UPDATE last_check SET room = randomblob(16384)").execute(&self.0).await;
        let noted = self.noting(written.map(drop).map_err(StoreError::from));
        noted.map_err(|error| WriteError::from(&error))
    }

    /// Notes whether something could be written. From a failure on it is tried every now and then, so
    /// that what was noted does not outlast its reason.
    pub(super) fn noting<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        let found = written.as_ref().err().map(WriteError::from);
        let mut is_first = false;
        self.health().write_error.send_if_modified(|write_error| {
            is_first = found.is_some() && write_error.is_none();
            let is_other = *write_error != found;
            write_error.clone_from(&found);
            is_other
        });
        if let Some(found) = found.filter(|_| is_first) {
            match found {
                WriteError::Full => error!("the disk is full: nothing can be changed until there is room"),
                WriteError::Failing(reason) => error!(reason, "the store cannot be written"),
            }
            let store = self.clone();
            tokio::spawn(async move { store.try_until_writable().await });
        }
        written
    }

    /// Tries to write until somebody could. Whoever finds the next error starts the next of these,
    /// so this one ends with the first success, also when that was another's.
    async fn try_until_writable(&self) {
        let mut write_error = self.health().write_error.subscribe();
        loop {
            let is_over = async {
                // It is never dropped while there is a store.
                let _ = write_error.wait_for(Option::is_none).await;
            };
            tokio::select! {
                () = is_over => break,
                () = self.health().closing.cancelled() => return,
                () = sleep(NEXT_TRY) => {
                    // What it finds is noted.
                    let _ = Box::pin(self.try_writing()).await;
                }
            }
        }
        info!("the store can be written again");
    }

    /// Checks every page of a store that was too large to be checked before it is used, while it is in
    /// use, and says when one is damaged.
    pub fn check_in_background(&self) {
        if fs::metadata(&self.1.path).is_ok_and(|file| file.len() <= CHECKED_BEFORE_USE) {
            return;
        }
        let store = self.clone();
        tokio::spawn(async move {
            let began = Instant::now();
            match store.check_pages().await {
                Ok(()) => info!(took_ms = began.elapsed().as_millis(), "the store is sound"),
                Err(_) if store.health().closing.is_cancelled() => {}
                Err(Flaw::Unusable(detail)) => {
                    error!(detail, "the store is damaged: restore a backup");
                    let _ = store.health().damage.set(detail);
                }
                Err(flaw) => error!(%flaw, "the store could not be checked"),
            }
        });
    }

    async fn check_pages(&self) -> Result<(), Flaw> {
        let mut connection = file::connect_to_read(&self.1.path).await?;
        let closing = self.health().closing.clone();
        connection.lock_handle().await?.set_progress_handler(LOOK_EVERY, move || !closing.is_cancelled());
        file::check_pages(&mut connection, "PRAGMA quick_check(1)").await?;
        Ok(connection.close().await?)
    }

    fn health(&self) -> &Health {
        &self.1.health
    }
}
