//! Trying whether an endpoint can be connected.

use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    ActorOperations,
    outcome::{Outcome, ReportsOutcome},
};
use crate::error::AppError;
use wsmon_manager::ConnectionManager;
use wsmon_model::{AuditAction, DryRunStep, EndpointId};

const TOO_MANY: &str = "Four tests are under way already. Try again when one of them has ended.";

/// A dry run that has begun.
pub struct BegunDryRun {
    /// What is tried.
    pub endpoint: EndpointId,
    /// The steps, as they happen. Dropping them ends the dry run.
    pub steps: BoxStream<'static, DryRunStep>,
}

impl ReportsOutcome for BegunDryRun {
    /// That it was begun: what it comes to is told step by step, and changes nothing.
    fn outcome(&self) -> Option<Outcome> {
        Some(Outcome::done())
    }
}

impl ActorOperations {
    /// Begins a dry run of an endpoint, which need not be among the connections. Nothing of it is kept but the entry in the
    /// audit log.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`], also while too many are under way, and [`AppError::ShuttingDown`].
    pub async fn dry_run(&self, endpoint: &str) -> Result<BegunDryRun, AppError> {
        let places = self.parts.dry_runs.clone();
        let change = move |manager: ConnectionManager, endpoint: EndpointId| async move {
            let place = places.try_acquire_owned().map_err(|_| AppError::Invalid(TOO_MANY.to_owned()))?;
            let steps = manager.dry_run(&endpoint)?;
            Ok(BegunDryRun { endpoint, steps: while_held(place, steps).boxed() })
        };
        self.run_change(AuditAction::Test, endpoint, change).await
    }
}

/// The steps, with the place that is given back when they end or are dropped.
fn while_held(
    place: OwnedSemaphorePermit,
    steps: impl StreamExt<Item = DryRunStep> + Send + 'static,
) -> impl StreamExt<Item = DryRunStep> + Send + 'static {
    steps.map(move |step| {
        let _held = &place;
        step
    })
}
