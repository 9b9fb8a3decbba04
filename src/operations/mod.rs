//! What an actor may do. Whoever asks and however they ask, by a server function, the login form or the command line:
//! here it is checked, made and written down in the audit log, in one place each.
//!
//! An operation that changes something goes through `run`: it is finished also when nobody waits for it any more, a
//! shutdown waits for it, and its entry in the audit log is kept in one transaction with the change.

mod account;
mod actor;
mod administrators;
mod backups;
mod bulk;
mod connections;
mod dry_runs;
mod error;
mod guide;
mod option_changes;
mod outcome;
mod run;
mod sign_in;
mod under_way;

use std::{future::Future, sync::Arc};

pub use self::{
    actor::{Actor, SignedIn},
    administrators::{AdministratorError, Administrators},
    backups::{back_up, restore},
    sign_in::SignInError,
    under_way::NotDone,
};
use self::{bulk::Jobs, option_changes::OptionChanges, outcome::ReportsOutcome, run::Runner};
use tokio::sync::Semaphore;

use crate::{auth::Authenticator, error::AppError};
use wsmon_manager::ConnectionManager;
use wsmon_model::{AuditAction, BulkId, EndpointId, PeerText, PendingAudit};
use wsmon_store::{Store, StoreError};

/// Dry runs at once. They pass neither the circuit breaker nor the pacing, so they must not become a load on a service.
const MOST_DRY_RUNS: usize = 4;

/// What can be done here. Cheap to clone.
#[derive(Clone)]
pub struct Operations(Arc<Parts>);

/// What operations work on.
struct Parts {
    manager: ConnectionManager,
    authenticator: Authenticator,
    store: Store,
    option_changes: OptionChanges,
    runner: Runner,
    hints: ListHints,
    bulk: Jobs,
    /// Places for dry runs.
    dry_runs: Arc<Semaphore>,
}

/// What the list of connections tells besides connections.
#[derive(Clone, Debug, Default)]
pub struct ListHints {
    /// Endpoints that are there to be tried out.
    pub samples: Vec<EndpointId>,
    /// Where Grafana is, if it was told.
    pub grafana_url: Option<String>,
}

impl Operations {
    /// Operations on these connections, administrators and this store.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn new(
        manager: ConnectionManager,
        authenticator: Authenticator,
        store: Store,
        hints: ListHints,
    ) -> Result<Self, StoreError> {
        let option_changes = OptionChanges::new(&store).await?;
        let runner = Runner::new(store.clone());
        let (bulk, dry_runs) = (Jobs::default(), Arc::new(Semaphore::new(MOST_DRY_RUNS)));
        Ok(Self(Arc::new(Parts { manager, authenticator, store, option_changes, runner, hints, bulk, dry_runs })))
    }

    /// What this actor may do.
    pub fn by(&self, actor: Actor) -> ActorOperations {
        ActorOperations { parts: Arc::clone(&self.0), actor, bulk: None }
    }

    /// Lets nothing begin any more, and waits for what is under way.
    pub(crate) async fn finish(&self) {
        self.0.runner.finish().await;
    }
}

/// What one actor may do.
#[derive(Clone)]
pub struct ActorOperations {
    parts: Arc<Parts>,
    actor: Actor,
    /// The bulk operation that single ones are part of.
    bulk: Option<BulkId>,
}

impl ActorOperations {
    /// Runs an operation of this actor's that changes something.
    async fn run<T, F>(
        &self,
        action: AuditAction,
        object: &str,
        operation: impl FnOnce(PendingAudit) -> F,
    ) -> Result<T, AppError>
    where
        T: ReportsOutcome + Send + 'static,
        F: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let mut audit = self.actor.audit(action, object);
        if let Some(id) = self.bulk {
            audit.entry.detail = PeerText::new(&format!("Bulk {id}."));
        }
        self.parts.runner.run(audit, operation).await
    }
}
