//! One bulk operation, from its preview to some minutes after its end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use wsmon_manager::Wanted;
use wsmon_model::{BulkAction, BulkId, BulkOutcome, BulkProgress, BulkResult, EndpointId};

/// A connection to be dealt with.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) endpoint: EndpointId,
    /// What was wanted of it before it was removed.
    pub(super) removed: Option<Wanted>,
}

/// What came of one.
pub(super) struct Dealt {
    pub(super) endpoint: EndpointId,
    pub(super) result: BulkResult,
    /// What there is to undo.
    pub(super) way_back: Option<Target>,
}

/// A bulk operation.
pub(super) struct Job {
    pub(super) id: BulkId,
    /// Who may start and see it.
    pub(super) owner: String,
    pub(super) action: BulkAction,
    pub(super) targets: Vec<Target>,
    state: Mutex<State>,
}

/// How far it has come.
struct State {
    stage: Stage,
    /// When that began.
    since: Instant,
    done: u32,
    failed: u32,
    left: u32,
    outcomes: Vec<BulkOutcome>,
    way_back: Vec<Target>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Previewed,
    UnderWay,
    Ended,
}

impl Job {
    pub(super) fn new(owner: &str, action: BulkAction, targets: Vec<Target>) -> Self {
        let state = State {
            stage: Stage::Previewed,
            since: Instant::now(),
            done: 0,
            failed: 0,
            left: 0,
            outcomes: Vec::new(),
            way_back: Vec::new(),
        };
        Self { id: BulkId::new(rand::random()), owner: owner.to_owned(), action, targets, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when it is only kept, as a preview or for what came of it; none while it is under way.
    pub(super) fn kept_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.stage != Stage::UnderWay).then_some(state.since)
    }

    /// Marks it as started; false if it was before.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.state();
        let is_first = state.stage == Stage::Previewed;
        if is_first {
            (state.stage, state.since) = (Stage::UnderWay, Instant::now());
        }
        is_first
    }

    pub(super) fn note(&self, Dealt { endpoint, result, way_back }: Dealt) {
        let mut state = self.state();
        *match result {
            BulkResult::Done => &mut state.done,
            BulkResult::Failed(_) => &mut state.failed,
            BulkResult::Left(_) => &mut state.left,
        } += 1;
        state.outcomes.push(BulkOutcome { endpoint, result });
        state.way_back.extend(way_back);
    }

    /// Ends it when dropped, also when a fault cuts it short.
    pub(super) fn end_when_dropped(&self) -> impl Drop {
        EndWhenDropped(self)
    }

    /// What is to be done to undo it; none before it has ended.
    pub(super) fn way_back(&self) -> Option<Vec<Target>> {
        let state = self.state();
        (state.stage == Stage::Ended).then(|| state.way_back.clone())
    }

    /// It has been undone.
    pub(super) fn forget_way_back(&self) {
        self.state().way_back = Vec::new();
    }

    pub(super) fn progress(&self, from: u32) -> BulkProgress {
        let state = self.state();
        let ended = state.stage == Stage::Ended;
        let outcomes = state.outcomes.iter().skip(from as usize).take(BulkProgress::OUTCOMES);
        BulkProgress {
            id: self.id,
            action: self.action,
            total: count(self.targets.len()),
            done: state.done,
            failed: state.failed,
            left: state.left,
            ended,
            undoable: if ended { count(state.way_back.len()) } else { 0 },
            outcomes: outcomes.cloned().collect(),
        }
    }
}

struct EndWhenDropped<'a>(&'a Job);

impl Drop for EndWhenDropped<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.stage, state.since) = (Stage::Ended, Instant::now());
    }
}

/// A number of connections.
pub(super) fn count(connections: usize) -> u32 {
    u32::try_from(connections).unwrap_or(u32::MAX)
}
