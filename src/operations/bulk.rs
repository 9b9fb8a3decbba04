//! One action on many connections. Each goes the way of a single one: checked, done, audited and told by itself, so that
//! one that fails stops no other. The audit log has the operation's id at each, by which they are found together.

mod job;
mod jobs;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt, stream};

pub(super) use self::jobs::Jobs;
use self::{
    job::{Dealt, Job, Target, count},
    jobs::TooMany,
};
use super::{ActorOperations, outcome::ReportsOutcome};
use crate::error::AppError;
use wsmon_manager::{Selected, Wanted};
use wsmon_model::{
    AuditOutcome, BulkAction, BulkId, BulkPreview, BulkProgress, BulkResult, EndpointId, LeftAlone, Phase, Selection,
};

/// Connections that are dealt with at once: a peer that does not answer the close frame takes a second.
const AT_ONCE: usize = 16;

/// The same of attempts, which may take ten seconds each.
const ATTEMPTS_AT_ONCE: usize = 32;

impl ActorOperations {
    /// What an action would do to each connection of a selection. It can be started for ten minutes, for these connections
    /// and no others.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] when too many operations are under way.
    pub fn preview_bulk(&self, selection: Selection, action: BulkAction) -> Result<BulkPreview, AppError> {
        let manager = &self.parts.manager;
        let selected: Vec<_> = match selection {
            Selection::Matching(query) => manager.select(&query).into_iter().map(Ok).collect(),
            Selection::Ids(ids) => {
                let ids = BTreeSet::from_iter(ids);
                ids.into_iter().map(|id| manager.selected(&id).ok_or(id)).collect()
            }
        };
        let total = count(selected.len());
        let (mut targets, mut left) = (Vec::new(), BTreeMap::new());
        for row in selected {
            match leaves(action, row.as_ref().ok(), false) {
                Some(why) => *left.entry(why).or_default() += 1,
                None => targets.extend(row.ok().map(|row| Target { endpoint: row.endpoint, removed: None })),
            }
        }
        let changes = count(targets.len());
        let job = self.parts.bulk.add(Job::new(self.actor.name(), action, targets))?;
        let loses_events = action == BulkAction::Remove && changes > 0;
        Ok(BulkPreview { id: job.id, action, total, changes, left: left.into_iter().collect(), loses_events })
    }

    /// Starts what was previewed, and does nothing if it has been started. It goes on whoever leaves; a shutdown ends it
    /// after the connections under way.
    ///
    /// # Errors
    ///
    /// [`AppError::BulkGone`], and [`AppError::ShuttingDown`].
    pub fn start_bulk(&self, id: BulkId) -> Result<BulkProgress, AppError> {
        let job = self.job(id)?;
        self.start(&job)?;
        Ok(job.progress(0))
    }

    /// How far an operation of this actor's has come, with what came of connections from the `from`th that is known.
    ///
    /// # Errors
    ///
    /// [`AppError::BulkGone`].
    pub fn bulk_progress(&self, id: BulkId, from: u32) -> Result<BulkProgress, AppError> {
        Ok(self.job(id)?.progress(from))
    }

    /// Brings those that an operation has changed back to where they were, by another operation, which it starts.
    ///
    /// # Errors
    ///
    /// [`AppError::BulkGone`], [`AppError::Invalid`] for one that has not ended or when too many are under way, and
    /// [`AppError::ShuttingDown`].
    pub fn undo_bulk(&self, id: BulkId) -> Result<BulkProgress, AppError> {
        let job = self.job(id)?;
        let targets = job.way_back().ok_or_else(|| {
            AppError::Invalid("This is still under way. It can be undone when it has ended.".to_owned())
        })?;
        let undo = self.parts.bulk.add(Job::new(self.actor.name(), job.action.undo(), targets))?;
        self.start(&undo)?;
        job.forget_way_back();
        Ok(undo.progress(0))
    }

    fn job(&self, id: BulkId) -> Result<Arc<Job>, AppError> {
        self.parts.bulk.get(id, self.actor.name()).ok_or(AppError::BulkGone)
    }

    fn start(&self, job: &Arc<Job>) -> Result<(), AppError> {
        if job.begin() {
            let work = Self { bulk: Some(job.id), ..self.clone() }.work_through(Arc::clone(job));
            self.parts.runner.begin(work)?;
        }
        Ok(())
    }

    async fn work_through(self, job: Arc<Job>) {
        let at_once = if job.action == BulkAction::Connect { ATTEMPTS_AT_ONCE } else { AT_ONCE };
        let (admin, job) = (&self, &*job);
        let _end = job.end_when_dropped();
        let all = stream::iter(job.targets.iter().cloned());
        all.for_each_concurrent(at_once, |target| async move { job.note(admin.deal_with(job.action, target).await) })
            .await;
    }

    /// Does to one connection what is asked for, unless that has become needless.
    async fn deal_with(&self, action: BulkAction, Target { endpoint, removed }: Target) -> Dealt {
        let manager = &self.parts.manager;
        let dealt = |result, way_back| Dealt { endpoint: endpoint.clone(), result, way_back };
        if !manager.is_running() {
            return dealt(BulkResult::Failed(AppError::ShuttingDown.to_string()), None);
        }
        let before = manager.selected(&endpoint);
        if let Some(why) = leaves(action, before.as_ref(), removed.is_some()) {
            return dealt(BulkResult::Left(why), None);
        }
        // What only had to be tried again was on before.
        let has_way_back = action != BulkAction::Connect || before.is_some_and(|before| before.phase == Phase::Off);
        let wanted = manager.wanted(&endpoint).ok().filter(|_| action == BulkAction::Remove);
        let (is_changed, result) = self.change_by(action, &endpoint, removed).await;
        let way_back = (is_changed && has_way_back).then(|| Target { endpoint: endpoint.clone(), removed: wanted });
        dealt(result, way_back)
    }

    /// Changes a connection, and says whether that is kept and what came of it.
    async fn change_by(&self, action: BulkAction, id: &EndpointId, removed: Option<Wanted>) -> (bool, BulkResult) {
        let endpoint = &id.to_string();
        match action {
            BulkAction::Connect => told(&self.connect(endpoint, None).await),
            BulkAction::Disconnect => told(&self.disconnect(endpoint).await),
            BulkAction::Pause => told(&self.pause(endpoint).await),
            BulkAction::Resume => told(&self.resume(endpoint).await),
            BulkAction::Remove => told(&self.remove(endpoint).await),
            BulkAction::AutoReconnectOn => told(&self.set_auto_reconnect(endpoint, true).await),
            BulkAction::AutoReconnectOff => told(&self.set_auto_reconnect(endpoint, false).await),
            BulkAction::AddBack => match removed {
                Some(wanted) => told(&self.add_back(wanted).await),
                None => (false, BulkResult::Left(LeftAlone::IsGone)),
            },
        }
    }
}

/// Why an action leaves a connection as it is; none if it changes it.
fn leaves(action: BulkAction, row: Option<&Selected>, can_be_added: bool) -> Option<LeftAlone> {
    match row {
        Some(row) => action.leaves(row.phase, row.auto_reconnect),
        None => Some(LeftAlone::IsGone).filter(|_| !can_be_added),
    }
}

/// Whether a change was kept, and what came of it, as the audit log tells it.
fn told<T: ReportsOutcome>(answer: &Result<T, AppError>) -> (bool, BulkResult) {
    let outcome = match answer {
        Ok(done) => done.outcome(),
        Err(error) => error.outcome(),
    };
    let result = match outcome {
        Some(outcome) if outcome.outcome != AuditOutcome::Done => BulkResult::Failed(outcome.detail),
        _ => BulkResult::Done,
    };
    (answer.is_ok(), result)
}

impl From<TooMany> for AppError {
    fn from(error: TooMany) -> Self {
        Self::Invalid(error.to_string())
    }
}
